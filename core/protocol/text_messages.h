#pragma once

#include "protocol/memory_messages.h"
#include "protocol/reconstruction.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Offsets into texts are bytes of their UTF-8 form throughout.

/// What is to be compressed or read: a text, or a memory that the engine holds.
struct SourceParams {
    std::string text; ///< compressed first
    std::string name; ///< of the text, for the memory's header
    std::string memory; ///< id of a memory; wins over the text, which may then be given to compare with
    std::optional<std::int64_t> slots; ///< a span; absent: as many as the adapter has
    std::optional<std::int64_t> spanTokens; ///< longest span; absent: the adapter's
    std::vector<std::int64_t> spans; ///< indices of the spans to read, in this order; empty: all

    static void describe(auto& value, auto&& field)
    {
        field("text", value.text);
        field("name", value.name);
        field("memory", value.memory);
        field("slots", value.slots);
        field("span_tokens", value.spanTokens);
        field("spans", value.spans);
    }
};

/// How tokens are chosen.
struct SamplingParams {
    double temperature = 0; ///< 0: take the likeliest token
    std::int64_t topK = 0; ///< 0: all
    double topP = 1;
    std::int64_t seed = 0; ///< from 0

    static void describe(auto& value, auto&& field)
    {
        field("temperature", value.temperature);
        field("top_k", value.topK);
        field("top_p", value.topP);
        field("seed", value.seed);
    }
};

struct PlanParams {
    std::string text; ///< may be empty
    std::optional<std::int64_t> slots;
    std::optional<std::int64_t> spanTokens;
    bool tokens = false; ///< list the tokens too
    std::string model = {}; ///< id; empty: the one that was loaded last

    static void describe(auto& value, auto&& field)
    {
        field.required("text", value.text);
        field("slots", value.slots);
        field("span_tokens", value.spanTokens);
        field("tokens", value.tokens);
        field("model", value.model);
    }
};

enum class PlanWarningKind {
    Expands, ///< the memory would be larger than the text
    UntrainedSlots, ///< a slot count the adapter was not trained for
    UntrainedSpan, ///< spans longer than the adapter was trained for
    TooLong, ///< the base has too few positions to read all of it back
};

constexpr std::array<const char*, 4> namesOf(PlanWarningKind /*type*/)
{
    return {"expands", "untrained_slots", "untrained_span", "too_long"};
}

struct PlanWarning {
    PlanWarningKind kind = PlanWarningKind::Expands;
    std::string message; ///< a sentence
    std::string remedy; ///< a sentence

    static void describe(auto& value, auto&& field)
    {
        field("kind", value.kind);
        field("message", value.message);
        field("remedy", value.remedy);
    }
};

/// How a text would be cut and compressed.
struct TextPlan {
    std::int64_t tokens = 0; ///< BOS included where the adapter wants it
    std::int64_t slots = 0; ///< all spans together
    double ratio = 0; ///< tokens a slot; 0 for an empty text
    std::vector<SpanInfo> spans;
    std::vector<PlanWarning> warnings;
    // Where asked for, one entry a token. Token i has the bytes from tokenEnds[i - 1] (0 for the first) to
    // tokenEnds[i]; the ranges cover the text.
    std::vector<std::int32_t> tokenIds;
    std::vector<std::int64_t> tokenEnds;

    static void describe(auto& value, auto&& field)
    {
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("ratio", value.ratio);
        field("spans", value.spans);
        field("warnings", value.warnings);
        field("token_ids", value.tokenIds);
        field("token_ends", value.tokenEnds);
    }
};

struct CompressParams {
    SourceParams source; ///< a text
    std::string model = {}; ///< id; empty: the one that was loaded last
    bool background = false; ///< gives way to requests that are not, and begins anew after them

    static void describe(auto& value, auto&& field)
    {
        field.required("source", value.source);
        field("model", value.model);
        field("background", value.background);
    }
};

struct CompressResult {
    MemoryInfo memory;
    ReadSeconds seconds;
    std::string device;

    static void describe(auto& value, auto&& field)
    {
        field("memory", value.memory);
        field("seconds", value.seconds);
        field("device", value.device);
    }
};

enum class ReadTask { Autoencode, Continue };

constexpr std::array<const char*, 2> namesOf(ReadTask /*type*/)
{
    return {"ae", "lm"};
}

/// Rates a given text, token by token, under teacher forcing.
struct ScoreParams {
    SourceParams source;
    ReadTask task = ReadTask::Autoencode; ///< written back from the slots, or as what goes on after them
    std::string target; ///< the text to rate; for Autoencode it is the source's own
    std::int64_t alternatives = 5; ///< likeliest tokens a place
    std::string model = {}; ///< id; empty: the one that was loaded last
    bool background = false; ///< gives way to requests that are not, and begins anew after them

    static void describe(auto& value, auto&& field)
    {
        field.required("source", value.source);
        field("task", value.task);
        field("target", value.target);
        field("alternatives", value.alternatives);
        field("model", value.model);
        field("background", value.background);
    }
};

struct ScoreResult {
    double loss = 0; ///< nats a token; for Autoencode with an EOS a prompt, as ReconstructionScores::loss
    double tokenAccuracy = 0;
    std::vector<ScoredToken> tokens; ///< ranges in the target
    std::string memory; ///< id of the memory that was read
    double seconds = 0; ///< of scoring
    std::string device;

    static void describe(auto& value, auto&& field)
    {
        field("loss", value.loss);
        field("token_accuracy", value.tokenAccuracy);
        field("tokens", value.tokens);
        field("memory", value.memory);
        field("seconds", value.seconds);
        field("device", value.device);
    }
};

struct ReconstructParams {
    SourceParams source;
    SamplingParams sampling;
    bool tokens = true; ///< rate each token, free-running and teacher-forced
    std::int64_t alternatives = 5; ///< likeliest tokens a place
    Decoding decoding = Decoding::Drafted;
    std::string model = {}; ///< id; empty: the one that was loaded last
    bool background = false; ///< gives way to requests that are not, and begins anew after them

    static void describe(auto& value, auto&& field)
    {
        field.required("source", value.source);
        field("sampling", value.sampling);
        field("decoding", value.decoding);
        field("tokens", value.tokens);
        field("alternatives", value.alternatives);
        field("model", value.model);
        field("background", value.background);
    }
};

struct ReconstructResult {
    Reconstruction reconstruction;
    MemoryInfo memory; ///< that was read; the engine keeps it

    static void describe(auto& value, auto&& field)
    {
        field("reconstruction", value.reconstruction);
        field("memory", value.memory);
    }
};

/// `continue` and `ask`.
struct ReadParams {
    std::vector<SourceParams> sources; ///< read together, in this order
    std::string question; ///< for `ask`
    std::int64_t maxTokens = 128; ///< most tokens to write
    SamplingParams sampling;
    std::string model = {}; ///< id; empty: the one that was loaded last
    bool background = false; ///< gives way to requests that are not, and begins anew after them

    static void describe(auto& value, auto&& field)
    {
        field.required("sources", value.sources);
        field("question", value.question);
        field("max_tokens", value.maxTokens);
        field("sampling", value.sampling);
        field("model", value.model);
        field("background", value.background);
    }
};

enum class ReadEnd { Eos, Length, Stopped };

constexpr std::array<const char*, 3> namesOf(ReadEnd /*type*/)
{
    return {"eos", "length", "stopped"};
}

/// What `icae continue` and `icae ask` report.
struct ReadResult {
    std::string text;
    std::int64_t generatedTokens = 0;
    ReadEnd ended = ReadEnd::Eos;
    std::int64_t tokens = 0; ///< of the sources
    std::int64_t slots = 0;
    ReadSeconds seconds;
    std::string device;
    std::string model;
    std::string adapter;
    std::vector<std::string> memories; ///< ids of the memories that were read

    static void describe(auto& value, auto&& field)
    {
        field("text", value.text);
        field("generated_tokens", value.generatedTokens);
        field("ended", value.ended);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("seconds", value.seconds);
        field("device", value.device);
        field("model", value.model);
        field("adapter", value.adapter);
        field("memories", value.memories);
    }
};

enum class ExportKind { Reconstruction, Diff, Tokens };

constexpr std::array<const char*, 3> namesOf(ExportKind /*type*/)
{
    return {"reconstruction", "diff", "tokens"};
}

enum class ExportFormat { Html, Markdown, Csv, Json };

constexpr std::array<const char*, 4> namesOf(ExportFormat /*type*/)
{
    return {"html", "markdown", "csv", "json"};
}

/// Reconstruction and diff as HTML or Markdown, tokens as CSV or JSON.
struct ExportParams {
    ExportKind kind = ExportKind::Diff;
    ExportFormat format = ExportFormat::Html;
    std::string title; ///< heading; empty: none
    std::string reference; ///< the source text; may be empty but for a diff
    Reconstruction reconstruction;
    std::string path; ///< file to write on the engine's machine; empty: none

    static void describe(auto& value, auto&& field)
    {
        field.required("kind", value.kind);
        field.required("format", value.format);
        field("title", value.title);
        field("reference", value.reference);
        field.required("reconstruction", value.reconstruction);
        field("path", value.path);
    }
};

struct ExportResult {
    std::string content; ///< empty where a file was written
    std::string path;

    static void describe(auto& value, auto&& field)
    {
        field("content", value.content);
        field("path", value.path);
    }
};

} // namespace icae
