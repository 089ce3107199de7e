#pragma once

#include "protocol/chat_requests.h"
#include "protocol/rpc.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace icae {

/// The library and the answers of the fake engine. A memory has a slot for every four bytes, in spans of 512. It is
/// empty until a text is added, unless ICAE_FAKE_MEMORIES says how many there are. Where the engine is killed, what was
/// added is gone but for what ICAE_FAKE_LIBRARY, a file, keeps.
///
/// A question's script is in its words:
///
/// - "{fail}" cannot be answered,
/// - "{hang}" stops when half of it is written, until it is cancelled,
/// - "{long}" has no room in the base.
///
/// A text with "{unmade}" is never compressed again, one with "{full}" not at all.
///
/// Otherwise the answer says what was read: "From slots: QUESTION about NAMES, after N turns, seed S."
class FakeChat {
public:
    FakeChat();

    /// @return false where it has no such method
    bool take(const RpcMessage& message);
    /// @return false where no such request hangs
    bool cancel(const RequestId& id);

private:
    struct Stored {
        LibraryMemory memory;
        std::string text;
    };

    LibraryMemory add(const std::string& name, const std::string& text);
    void keep() const;
    LibraryList list() const;
    Stored* find(const std::string& id);
    void ask(const RequestId& id, const ChatAskParams& params);
    static std::string answerOf(const ChatAskParams& params, AnswerContext context);

    std::vector<Stored> m_memories;
    std::vector<Stored> m_trash;
    std::map<std::int64_t, ChatAskResult> m_hanging; ///< by request, and how they end
    std::set<std::string> m_mapped; ///< memory and span
    std::string m_file;
};

} // namespace icae
