#pragma once

#include "protocol/token_id.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// What a study asks. Each has a commented template: `icae study --template KIND`, or the engine's study/template.
enum class StudyKind {
    Length, ///< reconstruction by length, a line a slot count (the paper's Figure 4)
    Slots, ///< reconstruction by slot count, a line a length (Figure 5)
    Content, ///< reconstruction by what is compressed (Table 3)
    Continuation, ///< perplexity of what goes on after text, slots, nothing, and the text cut to as many tokens as
                  ///< there are slots (Table 1, Figure 6)
    Models, ///< several adapters or bases, or a run's checkpoints, on the same bytes (Tables 5 and 6)
    Latency, ///< seconds and bytes by batch and length (Table 7)
    Questions, ///< answers from slots, text and nothing
    Position, ///< misses by place in the span, by surprisal, by class of token
};

constexpr std::array<const char*, 8> namesOf(StudyKind /*type*/)
{
    return {"length", "slots", "content", "continuation", "models", "latency", "questions", "position"};
}

/// What the encoder is given in place of a text. Those behind Normal are made from its windows, or generated.
enum class StudyContent {
    Normal, ///< the text as it is
    Patterned, ///< every token id + 1, within the normal pieces (Table 3's "patterned random")
    Random, ///< uniform normal pieces, seeded (Table 3's "completely random")
    Shuffled, ///< the text's words in another order, seeded
    Code, ///< generated source code, here and below: seeded
    Table, ///< a generated table
    Numbers, ///< generated numbers
    Language, ///< another language: Polish
};

constexpr std::array<const char*, 8> namesOf(StudyContent /*type*/)
{
    return {"normal", "patterned", "random", "shuffled", "code", "table", "numbers", "language"};
}

/// What the decoder reads before the text that is rated.
enum class StudyContext {
    Slots,
    Text, ///< all of it
    Nothing,
    Cut, ///< the last of the text: as many tokens as there are slots, so that positions are equal
};

constexpr std::array<const char*, 4> namesOf(StudyContext /*type*/)
{
    return {"slots", "text", "nothing", "cut"};
}

/// A model that is measured: a base with an adapter, or a training run, of which every checkpoint that it kept is
/// measured. Paths on the engine's machine; relative ones from the spec's folder.
struct StudyModel {
    std::string name; ///< for figures; empty: that of its folder
    std::string base; ///< folder, or a folder with base/; empty: found from the adapter
    std::string adapter; ///< folder, file or name; empty: the preferred one of the model's folder
    std::string run; ///< a training run's folder, in place of base and adapter

    static void describe(auto& value, auto&& field)
    {
        field("name", value.name);
        field("base", value.base);
        field("adapter", value.adapter);
        field("run", value.run);
    }
};

/// A study's spec: what is measured, on what, how often. Lists that a kind does not use must be empty; empty lists and
/// zeros that it does use get the kind's defaults, which the run's config.json then names.
struct StudySpec {
    StudyKind kind = StudyKind::Length;
    std::string title; ///< for people; empty: made from kind and models
    std::vector<StudyModel> models;
    /// Files (.txt, .md, .jsonl with "text" a line; each also .xz) and "samples", the texts that come with the program;
    /// "samples/NAME" is one of them.
    std::vector<std::string> texts;
    std::string questions; ///< file: JSON lines with "input", "prompt" and "answer"
    std::vector<StudyContent> contents;
    std::vector<std::int64_t> lengths; ///< tokens a span
    std::vector<std::int64_t> slots; ///< slots a span
    std::vector<std::int64_t> spans; ///< spans a window
    std::vector<std::int64_t> batches; ///< windows at once; of Latency
    std::int64_t windows = 0; ///< samples a cell
    std::int64_t tokens = 0; ///< to continue, or to decode for Latency
    std::int64_t seed = 0;
    double temperature = 0; ///< of decoding; 0: greedy
    std::string device = "auto";
    std::string dtype = "auto";

    static void describe(auto& value, auto&& field)
    {
        field.required("kind", value.kind);
        field("title", value.title);
        field("models", value.models);
        field("texts", value.texts);
        field("questions", value.questions);
        field("contents", value.contents);
        field("lengths", value.lengths);
        field("slots", value.slots);
        field("spans", value.spans);
        field("batches", value.batches);
        field("windows", value.windows);
        field("tokens", value.tokens);
        field("seed", value.seed);
        field("temperature", value.temperature);
        field("device", value.device);
        field("dtype", value.dtype);
    }
};

/// Where a sample is measured: a point of the study's grid. Two samples of one cell differ in their window alone.
/// Fields that a kind does not vary keep their value through the study.
struct StudyCell {
    std::string model; ///< its name in the spec
    std::int64_t step = 0; ///< of the checkpoint, where a run's are measured
    StudyContent content = StudyContent::Normal;
    StudyContext context = StudyContext::Slots;
    std::int64_t tokens = 0; ///< a window has: length × spans; of a window whose length is not planned: 0
    std::int64_t slots = 0; ///< a window gets: slots a span × spans; 0 without slots
    std::int64_t spans = 1;
    std::int64_t batch = 1; ///< windows at once

    static void describe(auto& value, auto&& field)
    {
        field("model", value.model);
        field("step", value.step);
        field("content", value.content);
        field("context", value.context);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("spans", value.spans);
        field("batch", value.batch);
    }

    auto operator<=>(const StudyCell&) const = default;
};

/// Tokens of one group that were predicted and missed: of Position.
struct StudyMisses {
    std::string axis; ///< "place" (tenths of the span), "surprisal" (deciles, from the base without slots) or "class"
    std::string group; ///< "1" to "10"; of a class: "word", "name", "digit", "punctuation", "code", "other"
    std::int64_t tokens = 0;
    std::int64_t missed = 0; ///< not the likeliest, teacher-forced

    static void describe(auto& value, auto&& field)
    {
        field.required("axis", value.axis);
        field.required("group", value.group);
        field("tokens", value.tokens);
        field("missed", value.missed);
    }
};

/// One measured window: a line of cells.jsonl. A measure that the kind does not have is absent. Token ids and texts
/// make every metric computable again without the model.
struct StudySample {
    StudyCell cell;
    std::int64_t index = 0; ///< of the window in its cell; equal indices of cells that differ in model, slots or
                            ///< context alone mean the same bytes
    std::string text; ///< id of the text: file name, or "samples/NAME", and "#" line from 1 where it has several
    std::int64_t begin = 0; ///< the window's bytes in that text; 0 and 0 where it was generated
    std::int64_t end = 0;

    // Of reconstructions.
    std::optional<double> bleu; ///< 0 to 1
    std::optional<double> em; ///< exactly matching token prefix / tokens, free-running
    std::optional<double> freeTokenAccuracy; ///< share of positions with the right token, free-running
    std::optional<double> tokenAccuracy; ///< teacher-forced; text and EOS
    std::optional<std::int64_t> firstMiss; ///< index of the first wrong token, free-running; absent where there is none
    // Of all that rate.
    std::optional<double> loss; ///< nats a token, teacher-forced
    std::optional<double> lossPerByte; ///< nats a byte of the rated text: comparable between tokenizers
    // Of Questions.
    std::optional<double> exact; ///< 1 where the answer is the same words after SQuAD's normalisation
    std::optional<double> f1; ///< of tokens (SQuAD)
    // Of Latency; seconds a batch.
    std::optional<double> compressSeconds;
    std::optional<double> prefillSeconds;
    std::optional<double> decodeSeconds;
    std::optional<std::int64_t> peakBytes; ///< most that tensors held at once; absent where the device does not say
    std::optional<std::int64_t> kvBytes; ///< of the decoder's cache
    // Of Position.
    std::vector<StudyMisses> misses;

    double seconds = 0; ///< this sample's share of its unit's time; the only field that differs between equal runs
    TokenIds referenceIds;
    TokenIds writtenIds;
    std::string reference;
    std::string written;
    std::string question; ///< of Questions
    std::int64_t offset = -1; ///< of its line in cells.jsonl, for study/sample; never stored

    static void describe(auto& value, auto&& field)
    {
        field.required("cell", value.cell);
        field.required("index", value.index);
        field("text", value.text);
        field("begin", value.begin);
        field("end", value.end);
        field("bleu", value.bleu);
        field("em", value.em);
        field("free_token_accuracy", value.freeTokenAccuracy);
        field("token_accuracy", value.tokenAccuracy);
        field("first_miss", value.firstMiss);
        field("loss", value.loss);
        field("loss_per_byte", value.lossPerByte);
        field("exact", value.exact);
        field("f1", value.f1);
        field("compress_seconds", value.compressSeconds);
        field("prefill_seconds", value.prefillSeconds);
        field("decode_seconds", value.decodeSeconds);
        field("peak_bytes", value.peakBytes);
        field("kv_bytes", value.kvBytes);
        field("misses", value.misses);
        field("seconds", value.seconds);
        field("reference_ids", value.referenceIds);
        field("written_ids", value.writtenIds);
        field("reference", value.reference);
        field("written", value.written);
        field("question", value.question);
        field("offset", value.offset);
    }
};

/// What a study's config.json says of each model it measured, so that a figure's caption can name it.
struct StudyModelFacts {
    std::string name;
    std::string base; ///< folder
    std::string adapter; ///< folder or file
    std::string baseSha256; ///< of the weights
    std::string adapterSha256;
    std::int64_t step = 0; ///< of a checkpoint

    static void describe(auto& value, auto&& field)
    {
        field("name", value.name);
        field("base", value.base);
        field("adapter", value.adapter);
        field("base_sha256", value.baseSha256);
        field("adapter_sha256", value.adapterSha256);
        field("step", value.step);
    }
};

/// config.json of a study's run: the whole spec with its defaults and absolute paths, and what was measured with what.
struct StudyConfig {
    StudySpec spec;
    std::vector<StudyModelFacts> models; ///< empty until they are loaded
    std::int64_t cells = 0;
    std::int64_t samples = 0; ///< in all
    std::string device; ///< for people
    std::string dtype;
    std::string version; ///< of the program

    static void describe(auto& value, auto&& field)
    {
        field.required("study", value.spec);
        field("models", value.models);
        field("cells", value.cells);
        field("samples", value.samples);
        field("device", value.device);
        field("dtype", value.dtype);
        field("version", value.version);
    }
};

} // namespace icae
