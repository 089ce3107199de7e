#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/rpc.h"

#include <map>
#include <optional>
#include <string>

namespace icae {

/// What the fake engine does with models and texts. A text's script is in its words:
///
/// - "{fail}" cannot be reconstructed,
/// - "{die}" kills the engine when half of it is written,
/// - "{hang}" stops when half of it is written, until it is cancelled,
/// - "{mute}" writes nothing until it is cancelled,
/// - "{collapse}" is read by a tokenizer that knows single spaces only,
/// - "{sparse}" comes back as every tenth of its words.
///
/// A memory that is loaded from a file that exists says that "the letter" was short, in two spans.
/// Otherwise it comes back as miswritten() has it. There is one base, /models/nano/base, with the adapters reconstruct
/// and chat (which has no [AE]), whose files do not say what they were trained with; where the folder /models/answers
/// is searched, a larger one in it that was trained with questions. /models/broken and /models/large cannot be used,
/// /models/huge fits no memory, and /models/slow is loaded until that is cancelled, /models/late until the engine is
/// asked for its status.
class FakeModel {
public:
    /// @return false where it has no such method
    bool take(const RpcMessage& message);
    /// @return false where no such request hangs
    bool cancel(const RequestId& id);

    const std::optional<LoadedModel>& loaded() const { return m_loaded; }
    static std::vector<DeviceInfo> devices();

private:
    void load(const RequestId& id, const LoadModelParams& params);
    void reconstruct(const RequestId& id, const ReconstructParams& params);
    EngineStatus status() const;

    std::optional<LoadedModel> m_loaded;
    std::optional<std::pair<RequestId, LoadModelParams>> m_late; ///< a load that waits
    std::map<std::int64_t, std::optional<ReconstructResult>> m_hanging; ///< by id, and how they end
};

/// Spans of at most so many bytes, a token a byte.
std::vector<SpanInfo> fakeSpans(std::size_t size, std::int64_t spanTokens, std::int64_t slots);

/// "clock" is written as "watch", "12" as "14", "Harbour" without its capital, and "Nobody saw it. " is left out.
std::string miswritten(std::string text);

} // namespace icae
