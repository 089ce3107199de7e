#pragma once

#include "engine/memory_library.h"
#include "engine/model_shelf.h"
#include "protocol/chat_requests.h"
#include "reading/question_context.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace icae {

struct RequestContext;

/// How the engine answers requests of a chat: about the library, and questions over its memories. Light requests may
/// come from another thread than model requests.
class ChatDesk {
public:
    explicit ChatDesk(ModelShelf& models);

    LibraryList list(const LibraryListParams& params, const RequestContext& context);
    LibraryText text(const LibraryParams& params, const RequestContext& context);
    LibrarySearchResult search(const LibrarySearchParams& params, const RequestContext& context);
    LibraryMemory rename(const LibraryRenameParams& params, const RequestContext& context);
    LibraryList discard(const LibraryParams& params, const RequestContext& context);
    LibraryMemory restore(const LibraryParams& params, const RequestContext& context);
    LibraryFolder exportMemory(const LibraryExportParams& params, const RequestContext& context);
    LibraryFolder folder(const LibraryFolderParams& params, const RequestContext& context);
    ChatPlan plan(const ChatPlanParams& params, const RequestContext& context);

    LibraryMemory add(const LibraryAddParams& params, const RequestContext& context);
    LibraryMemory recompress(const LibraryRecompressParams& params, const RequestContext& context);
    ChatAskResult ask(const ChatAskParams& params, const RequestContext& context);
    ChatScoreResult score(const ChatScoreParams& params, const RequestContext& context);
    ChatAttribution attribute(const ChatAttributeParams& params, const RequestContext& context);
    ChatMap map(const ChatMapParams& params, const RequestContext& context);

private:
    /// A question with what its memories hold on to.
    struct Opened {
        ContextQuestion question;
        std::vector<std::shared_ptr<const Source>> sources;
    };
    std::shared_ptr<const Model> present(const std::string& model); ///< null where none is loaded
    Opened open(const ChatPrompt& prompt, const Model& model, bool slots);
    std::shared_ptr<const ChatMap> knownMap(const std::string& key);

    ModelShelf& m_models;
    MemoryLibrary m_library;
    std::mutex m_mutex; ///< of what was computed before
    std::map<std::string, ChatAttribution> m_attributions; ///< by content
    std::map<std::string, std::shared_ptr<const ChatMap>> m_maps; ///< by content
};

} // namespace icae
