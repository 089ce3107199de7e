#pragma once

#include "protocol/engine_protocol.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Chat: the engine's library of memories, and questions in several contexts. Offsets are bytes of a memory's text.

/// What the model reads before a question.
enum class AnswerContext {
    Slots, ///< what the memories kept
    Text, ///< their full text
    Excerpt, ///< each memory's text cut to as many tokens as its slots; expanded spans stay whole
    Nothing, ///< BOS alone
};

constexpr std::array<const char*, 4> namesOf(AnswerContext /*type*/)
{
    return {"slots", "text", "excerpt", "nothing"};
}

/// A memory as a question used it. Chats name memories by hash, so that a missing one is known as such. One memory may
/// stand several times among those of a question, so that spans of several can be read in any order.
struct UsedMemory {
    std::string id; ///< of its content
    std::string name;
    std::string textSha256; ///< of its source
    std::vector<std::int64_t> spans; ///< indices, in the order they are read; empty: all
    std::vector<std::int64_t> expanded; ///< those of them that are read as text

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field("name", value.name);
        field("text_sha256", value.textSha256);
        field("spans", value.spans);
        field("expanded", value.expanded);
    }

    bool operator==(const UsedMemory&) const = default;
};

/// A memory of the engine's library.
struct LibraryMemory {
    std::string id; ///< of its content: its text and what compressed it
    std::string name;
    std::vector<std::string> tags;
    std::string textSha256; ///< of its source
    std::string adapterName;
    std::string adapterSha256;
    std::int64_t tokens = 0;
    std::int64_t slots = 0; ///< all spans together
    std::vector<SpanInfo> spans;
    std::string problem; ///< why the present model cannot read its slots: a sentence; empty: it can
    std::string remedy; ///< a sentence
    bool hasText = true; ///< false: a memory's file without its text: slots alone can be read
    std::int64_t bytes = 0; ///< of its file
    std::string preview = {}; ///< how its text begins, on one line

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("name", value.name);
        field("has_text", value.hasText);
        field("bytes", value.bytes);
        field("preview", value.preview);
        field("tags", value.tags);
        field("text_sha256", value.textSha256);
        field("adapter_name", value.adapterName);
        field("adapter_sha256", value.adapterSha256);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("spans", value.spans);
        field("problem", value.problem);
        field("remedy", value.remedy);
    }
};

struct LibraryListParams {
    std::string model = {}; ///< id, that LibraryMemory::problem is about; empty: the one that was loaded last

    static void describe(auto& value, auto&& field) { field("model", value.model); }
};

struct LibraryList {
    std::string folder;
    std::vector<LibraryMemory> memories; ///< by name

    static void describe(auto& value, auto&& field)
    {
        field("folder", value.folder);
        field("memories", value.memories);
    }
};

/// A text, or a file on the engine's machine: a text, a memory of any model, or what library/export wrote. What is
/// there already is not added again: its entry is the answer.
struct LibraryAddParams {
    std::string name; ///< empty: made of the text
    std::string text;
    std::string path;
    std::optional<std::int64_t> slots; ///< a span
    std::string model; ///< id; empty: the one that was loaded last
    std::optional<std::int64_t> spanTokens = {}; ///< longest span
    std::vector<std::string> tags = {};

    static void describe(auto& value, auto&& field)
    {
        field("name", value.name);
        field("text", value.text);
        field("path", value.path);
        field("slots", value.slots);
        field("model", value.model);
        field("span_tokens", value.spanTokens);
        field("tags", value.tags);
    }
};

/// Compresses a memory's text again, with another model or slot count: a new memory of the same name and tags.
struct LibraryRecompressParams {
    std::string id;
    std::optional<std::int64_t> slots = {}; ///< a span
    std::optional<std::int64_t> spanTokens = {}; ///< longest span
    std::string model = {};
    bool replace = false; ///< the old one goes to the trash

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field("slots", value.slots);
        field("span_tokens", value.spanTokens);
        field("model", value.model);
        field("replace", value.replace);
    }
};

/// One file, which has slots, text, name and tags: library/add takes it in, and `icae ask` reads it as a memory.
struct LibraryExportParams {
    std::string id;
    std::string path; ///< on the engine's machine

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("path", value.path);
    }
};

struct LibraryFolderParams {
    std::string folder = {}; ///< absolute, to be used from now on; "default": the engine's own; empty: only says it

    static void describe(auto& value, auto&& field) { field("folder", value.folder); }
};

struct LibraryFolder {
    std::string folder;
    bool isDefault = true;

    static void describe(auto& value, auto&& field)
    {
        field.required("folder", value.folder);
        field("is_default", value.isDefault);
    }
};

struct LibraryParams {
    std::string id;

    static void describe(auto& value, auto&& field) { field.required("id", value.id); }
};

struct LibraryText {
    std::string text;

    static void describe(auto& value, auto&& field) { field.required("text", value.text); }
};

struct LibraryRenameParams {
    std::string id;
    std::string name;
    std::vector<std::string> tags;

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("name", value.name);
        field("tags", value.tags);
    }
};

struct LibrarySearchParams {
    std::string words;

    static void describe(auto& value, auto&& field) { field.required("words", value.words); }
};

struct LibrarySearchResult {
    std::vector<std::string> ids;

    static void describe(auto& value, auto&& field) { field("ids", value.ids); }
};

/// What a question is about: memories as slots or as text, earlier turns, and itself.
struct ChatPrompt {
    std::vector<UsedMemory> memories; ///< none: refused in all contexts but `nothing`
    std::vector<std::string> turns; ///< question, answer, question, answer, …; oldest first
    std::string question;
    /// Share of the base's positions that earlier turns may take as text. Beyond it, all but the last are read as slots
    /// in the context `slots`. 0: always text.
    double turnShare = 0.25;

    static void describe(auto& value, auto&& field)
    {
        field("memories", value.memories);
        field("turns", value.turns);
        field.required("question", value.question);
        field("turn_share", value.turnShare);
    }
};

/// Refused before work where what is to be read and `maxTokens` go beyond the base's positions. Tokens stream as
/// `$/tokens`, a part a context; a cancelled request answers with what was written.
struct ChatAskParams {
    ChatPrompt prompt;
    std::vector<AnswerContext> contexts; ///< a part of the answer each, answered side by side
    std::string begun; ///< of one context: what is written already, to be gone on with
    SamplingParams sampling;
    std::int64_t maxTokens = 256;
    std::string model;

    static void describe(auto& value, auto&& field)
    {
        field.required("prompt", value.prompt);
        field.required("contexts", value.contexts);
        field("begun", value.begun);
        field("sampling", value.sampling);
        field("max_tokens", value.maxTokens);
        field("model", value.model);
    }
};

struct ChatPartResult {
    std::string text; ///< without what was begun
    ReadEnd ended = ReadEnd::Eos;
    std::int64_t tokens = 0;
    double firstTokenSeconds = 0;
    double seconds = 0; ///< from the first token to the last
    std::int64_t positions = 0; ///< of the base, the answer's included
    std::int64_t kvBytes = 0; ///< of the keys and values of what was read and written
    double logProbability = 0; ///< of what was written: natural logarithm, all tokens together, EOS not included
    std::int64_t turnSlots = 0; ///< that earlier turns were compressed to; 0: read as text

    static void describe(auto& value, auto&& field)
    {
        field("log_probability", value.logProbability);
        field("turn_slots", value.turnSlots);
        field.required("text", value.text);
        field("ended", value.ended);
        field("tokens", value.tokens);
        field("first_token_seconds", value.firstTokenSeconds);
        field("seconds", value.seconds);
        field("positions", value.positions);
        field("kv_bytes", value.kvBytes);
    }
};

struct ChatAskResult {
    std::vector<ChatPartResult> parts; ///< in the order of the contexts
    std::string model;
    std::string adapter;
    std::string adapterSha256;

    static void describe(auto& value, auto&& field)
    {
        field.required("parts", value.parts);
        field("model", value.model);
        field("adapter", value.adapter);
        field("adapter_sha256", value.adapterSha256);
    }
};

struct ChatPlanParams {
    ChatPrompt prompt;
    std::vector<AnswerContext> contexts;
    std::string model;
    std::int64_t maxTokens = 1; ///< of the answer, for ChatPlan::problem

    static void describe(auto& value, auto&& field)
    {
        field.required("prompt", value.prompt);
        field.required("contexts", value.contexts);
        field("model", value.model);
        field("max_tokens", value.maxTokens);
    }
};

/// What asking would take.
struct ChatPlan {
    std::int64_t positions = 0; ///< that the base has
    std::vector<std::int64_t> used; ///< before the answer, a context each; the most tokens of an answer come on top
    std::int64_t fullText = 0; ///< with all memories as text
    std::string problem; ///< why it cannot be asked: a sentence; empty: it can
    std::string remedy;
    std::int64_t turnSlots = 0; ///< that earlier turns would be compressed to; 0: read as text

    static void describe(auto& value, auto&& field)
    {
        field("positions", value.positions);
        field("used", value.used);
        field("full_text", value.fullText);
        field("problem", value.problem);
        field("remedy", value.remedy);
        field("turn_slots", value.turnSlots);
    }
};

/// Teacher-forced; an answer's EOS counts, as in the evaluation of questions.
struct ChatScoreParams {
    ChatPrompt prompt;
    std::vector<AnswerContext> contexts;
    std::vector<std::string> answers; ///< one a context, rated in it
    std::string model;

    static void describe(auto& value, auto&& field)
    {
        field.required("prompt", value.prompt);
        field.required("contexts", value.contexts);
        field.required("answers", value.answers);
        field("model", value.model);
    }
};

struct ChatLoss {
    double loss = 0; ///< nats a token

    static void describe(auto& value, auto&& field) { field.required("loss", value.loss); }
};

struct ChatScoreResult {
    std::vector<ChatLoss> losses; ///< in the order of the answers

    static void describe(auto& value, auto&& field) { field.required("losses", value.losses); }
};

struct ChatAttributeParams {
    ChatPrompt prompt;
    std::string answer;
    std::string model;
    std::int64_t group = 1; ///< neighbouring slots that are left out together; the last of a span may be fewer

    static void describe(auto& value, auto&& field)
    {
        field.required("prompt", value.prompt);
        field.required("answer", value.answer);
        field("model", value.model);
        field("group", value.group);
    }
};

/// Neighbouring slots that were left out together: removed from the sequence, all other positions as they were.
struct SlotGroup {
    std::string memory; ///< id
    std::int64_t span = 0;
    std::int64_t firstSlot = 0;
    std::int64_t slots = 0;
    double rise = 0; ///< of the answer's loss without them, nats a token
    /// Bytes of the memory's text that they hold: as chat/map measured it for this span, else their share of the span.
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool measured = false; ///< chat/map said so

    static void describe(auto& value, auto&& field)
    {
        field.required("memory", value.memory);
        field.required("span", value.span);
        field.required("first_slot", value.firstSlot);
        field.required("slots", value.slots);
        field.required("rise", value.rise);
        field("begin", value.begin);
        field("end", value.end);
        field("measured", value.measured);
    }
};

/// Scores the answer without each group of slots in the context `slots`. Kept by content: asked again, it is there.
struct ChatAttribution {
    double loss = 0; ///< with all slots, nats a token, EOS included
    std::vector<SlotGroup> groups; ///< in the order that they are read

    static void describe(auto& value, auto&& field)
    {
        field("loss", value.loss);
        field.required("groups", value.groups);
    }
};

/// Which words of its source a span's slots hold: the source is scored again without each group.
struct ChatMapParams {
    std::string memory; ///< id
    std::int64_t span = 0;
    std::int64_t group = 1;
    std::string model = {};

    static void describe(auto& value, auto&& field)
    {
        field.required("memory", value.memory);
        field("span", value.span);
        field("group", value.group);
        field("model", value.model);
    }
};

/// How much more a token of the source costs without a group of slots.
struct SlotTokens {
    std::int64_t firstSlot = 0;
    std::int64_t slots = 0;
    std::vector<std::int64_t> rises; ///< a token of the span: millionths of a nat
    std::int64_t begin = 0; ///< bytes of the words that suffer most
    std::int64_t end = 0;

    static void describe(auto& value, auto&& field)
    {
        field.required("first_slot", value.firstSlot);
        field.required("slots", value.slots);
        field.required("rises", value.rises);
        field.required("begin", value.begin);
        field.required("end", value.end);
    }
};

struct ChatMap {
    double loss = 0; ///< of the source with all slots, nats a token
    std::vector<std::int64_t> tokenBegins; ///< bytes of the memory's text, a token of the span
    std::vector<std::int64_t> tokenEnds;
    std::vector<SlotTokens> groups;

    static void describe(auto& value, auto&& field)
    {
        field("loss", value.loss);
        field.required("token_begins", value.tokenBegins);
        field.required("token_ends", value.tokenEnds);
        field.required("groups", value.groups);
    }
};

namespace protocol {

constexpr Method<LibraryListParams, LibraryList> libraryList{{"library/list"}};
constexpr Method<LibraryParams, LibraryText> libraryText{{"library/text"}};
constexpr Method<LibraryRenameParams, LibraryMemory> libraryRename{{"library/rename"}};
constexpr Method<LibraryParams, LibraryList> libraryDelete{{"library/delete"}}; ///< to a trash folder
constexpr Method<LibraryParams, LibraryMemory> libraryRestore{{"library/restore"}};
constexpr Method<LibrarySearchParams, LibrarySearchResult> librarySearch{{"library/search"}}; ///< in the texts
constexpr Method<LibraryAddParams, LibraryMemory> libraryAdd{{"library/add", Pace::Model, "Compressing"}};
constexpr Method<LibraryRecompressParams, LibraryMemory> libraryRecompress{
    {"library/recompress", Pace::Model, "Compressing"}};
constexpr Method<LibraryExportParams, LibraryFolder> libraryExport{
    {"library/export"}}; ///< answers with the file's place
constexpr Method<LibraryFolderParams, LibraryFolder> libraryFolder{{"library/folder"}}; ///< says it, or sets it

constexpr Method<ChatPlanParams, ChatPlan> chatPlan{{"chat/plan"}};
constexpr Method<ChatAskParams, ChatAskResult> chatAsk{{"chat/ask", Pace::Model, "Answering"}}; ///< streams tokens
constexpr Method<ChatScoreParams, ChatScoreResult> chatScore{{"chat/score", Pace::Model, "Rating the answers"}};
constexpr Method<ChatAttributeParams, ChatAttribution> chatAttribute{
    {"chat/attribute", Pace::Model, "Looking where the answer is from"}};
constexpr Method<ChatMapParams, ChatMap> chatMap{{"chat/map", Pace::Model, "Mapping slots to words"}};

} // namespace protocol

} // namespace icae
