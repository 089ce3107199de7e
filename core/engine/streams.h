#pragma once

#include "engine/channel.h"
#include "protocol/progress.h"
#include "text/streaming.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Tells the client how far a request has come, some times a second.
class ProgressReporter {
public:
    /// A part of a request's work: the words of its progress, and its share of the time, in any unit.
    struct Phase {
        std::string name;
        double share = 0;
    };

    /// @param phases what the request consists of, in this order: fraction and time left are those of all together.
    ///        What is not named here is told by itself.
    ProgressReporter(Channel& channel, RequestId id, std::vector<Phase> phases = {});
    ProgressCallback callback();

private:
    using Clock = ProgressMeter::Clock;

    void report(const Progress& progress);
    void addOthers(const std::string& phase, ProgressMeter::Reading& reading);

    Channel& m_channel;
    RequestId m_id;
    ProgressMeter m_meter;
    std::vector<Phase> m_phases;
    std::optional<Clock::time_point> m_begun; ///< the first of them
};

/// Sends what a request writes as text, in batches: at most 60 a second.
class TokenStreamer {
public:
    /// Which parts begin a text: the others go on with one, so that their first token keeps its space.
    enum class Begins { FirstPart, EachPart, NoPart };

    TokenStreamer(Channel& channel, RequestId id, std::shared_ptr<const Tokenizer> tokenizer,
                  Begins begins = Begins::FirstPart);

    /// @param parts prompts of the request; @param part whose token it is
    void add(std::size_t parts, std::size_t part, std::int32_t token);
    void finish(); ///< sends what is left

private:
    using Clock = std::chrono::steady_clock;
    struct Part {
        StreamingDetokenizer text;
        StreamedText pending;
    };
    void flush();

    Channel& m_channel;
    RequestId m_id;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    Begins m_begins;
    std::vector<Part> m_parts;
    Clock::time_point m_last;
};

} // namespace icae
