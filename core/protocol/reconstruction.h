#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// A token that could have stood in a place, and how likely it was.
struct TokenAlternative {
    std::int32_t id = 0;
    std::string piece; ///< as the tokenizer stores it: "▁" for a space, "<0x41>" for a byte
    double probability = 0; ///< 0 to 1

    static void describe(auto& value, auto&& field)
    {
        field("id", value.id);
        field("piece", value.piece);
        field("probability", value.probability);
    }
};

/// A token and how the model rates it, given the slots and the tokens before it.
struct ScoredToken {
    std::int32_t id = 0;
    std::string piece; ///< as the tokenizer stores it
    std::int64_t begin = 0; ///< its bytes in the text; an empty range for EOS and for parts of a character
    std::int64_t end = 0;
    std::int64_t span = 0; ///< index into the report's spans
    double nll = 0; ///< −ln p(token), nats
    double entropy = 0; ///< of the whole distribution, nats
    std::int32_t rank = 0; ///< 0: the likeliest
    std::vector<TokenAlternative> alternatives; ///< likeliest first

    static void describe(auto& value, auto&& field)
    {
        field("id", value.id);
        field("piece", value.piece);
        field("begin", value.begin);
        field("end", value.end);
        field("span", value.span);
        field("nll", value.nll);
        field("entropy", value.entropy);
        field("rank", value.rank);
        field("alternatives", value.alternatives);
    }
};

/// How the likeliest tokens are found, where they are not sampled. Both write the same text, up to rounding.
enum class Decoding {
    Drafted, ///< the source proposes tokens, and one forward checks several
    Plain, ///< one forward a token
};

constexpr std::array<const char*, 2> namesOf(Decoding /*type*/)
{
    return {"drafted", "plain"};
}

/// How well a text came back. Absent without a reference to compare with.
struct ReconstructionScores {
    double bleu = 0; ///< 0 to 1, sacrebleu's sentence_bleu on the texts
    double em = 0; ///< exactly matching token prefix / reference tokens (the ICAE paper's EM), free-running
    double loss = 0; ///< mean cross-entropy a token in nats, text and EOS, teacher-forced
    double tokenAccuracy = 0; ///< share of those tokens that are the likeliest, teacher-forced
    double freeTokenAccuracy = 0; ///< share of positions with the right token, free-running

    static void describe(auto& value, auto&& field)
    {
        field("bleu", value.bleu);
        field("em", value.em);
        field("loss", value.loss);
        field("token_accuracy", value.tokenAccuracy);
        field("free_token_accuracy", value.freeTokenAccuracy);
    }
};

/// Byte ranges are the span's share of the source and of what was written; the latter cover the text.
struct SpanReconstruction {
    std::int64_t index = 0; ///< of the span in its memory
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    std::int64_t sourceBegin = 0;
    std::int64_t sourceEnd = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::string text; ///< what the model wrote
    bool stopped = false; ///< on request before its end: what of the source is behind the text was not tried
    std::optional<ReconstructionScores> scores;

    static void describe(auto& value, auto&& field)
    {
        field("index", value.index);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("source_begin", value.sourceBegin);
        field("source_end", value.sourceEnd);
        field("begin", value.begin);
        field("end", value.end);
        field("text", value.text);
        field("stopped", value.stopped);
        field.inlined("bleu", value.scores);
    }
};

struct ReadSeconds {
    double compress = 0; ///< 0 where a memory was read
    double prefill = 0;
    double decode = 0;

    static void describe(auto& value, auto&& field)
    {
        field("compress", value.compress);
        field("prefill", value.prefill);
        field("decode", value.decode);
    }
};

/// What `icae reconstruct` reports.
struct Reconstruction {
    std::string text;
    std::int64_t tokens = 0; ///< of the source
    std::int64_t slots = 0;
    double ratio = 0; ///< tokens a slot; below 1 the memory is larger than the text
    std::int64_t generatedTokens = 0;
    Decoding decoding = Decoding::Plain; ///< what was done: without a source, and where tokens are sampled, plain
    std::int64_t forwards = 0; ///< of all prompts together, after they were read
    std::int64_t accepted = 0; ///< drafted tokens that were written
    std::optional<ReconstructionScores> scores;
    std::vector<SpanReconstruction> spans;
    ReadSeconds seconds;
    bool stopped = false; ///< ended on request before its end
    std::string device;
    std::string model;
    std::string adapter;
    // Only where they were asked for:
    std::vector<ScoredToken> freeTokens; ///< what was written, rated as it was; ranges in `text`
    std::vector<ScoredToken> forcedTokens; ///< the source and an EOS a prompt, teacher-forced; ranges in the source

    static void describe(auto& value, auto&& field)
    {
        field("text", value.text);
        field("tokens", value.tokens);
        field.written("spans", value.spans.size());
        field("slots", value.slots);
        field("ratio", value.ratio);
        field("generated_tokens", value.generatedTokens);
        field("decoding", value.decoding);
        field("forwards", value.forwards);
        field("accepted", value.accepted);
        field("stopped", value.stopped);
        field("seconds", value.seconds);
        field("device", value.device);
        field("model", value.model);
        field("adapter", value.adapter);
        field.inlined("bleu", value.scores);
        field("per_span", value.spans);
        field("free_tokens", value.freeTokens);
        field("forced_tokens", value.forcedTokens);
    }
};

} // namespace icae
