#include "fake_chat.h"

#include "fake_channel.h"
#include "fake_model.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>

namespace icae {

namespace {

constexpr std::int64_t spanTokens = 512;
constexpr std::int64_t spanSlots = 128;
constexpr std::int64_t positions = 4096;

template <typename Params> Params paramsOf(const RpcMessage& message)
{
    return fromJson<Params>(JsonReader(message.params, "test"));
}

bool says(const std::string& text, const char* word)
{
    return text.find(word) != std::string::npos;
}

Error missing(const std::string& id)
{
    return Error(ErrorKind::NotFound, "There is no memory " + id + ".", "Add its text again.");
}

} // namespace

FakeChat::FakeChat()
{
    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    if (const char* file = std::getenv("ICAE_FAKE_LIBRARY")) {
        m_file = file;
        std::ifstream stream(m_file);
        const auto kept = nlohmann::json::parse(stream, nullptr, false);
        if (kept.is_array())
            for (const auto& one : kept)
                add(one.at(0).get<std::string>(), one.at(1).get<std::string>());
    }
    if (const char* count = std::getenv("ICAE_FAKE_MEMORIES"))
        for (int i = 0; i < std::atoi(count); ++i) {
            std::string text;
            for (int word = 0; word < 16'000; ++word)
                text += word % 12 == 11 ? "pier.\n" : "ferry ";
            add("memory " + std::to_string(i), text + std::to_string(i));
        }
    // NOLINTEND(concurrency-mt-unsafe)
}

LibraryMemory FakeChat::add(const std::string& name, const std::string& text)
{
    Stored stored;
    auto& memory = stored.memory;
    memory.id = "m" + std::to_string(std::hash<std::string>()(text) % 1'000'000'007);
    memory.name = name.empty() ? "text" : name;
    memory.textSha256 = memory.id;
    memory.adapterName = "chat";
    memory.tokens = static_cast<std::int64_t>(text.size());
    memory.spans = fakeSpans(text.size(), spanTokens, spanSlots);
    memory.slots = spanSlots * std::ssize(memory.spans);
    if (says(text, "{foreign}")) {
        memory.problem = "It was made with another adapter.";
        memory.remedy = "Compress its text again.";
    }
    stored.text = text;
    if (auto* same = find(memory.id))
        *same = stored;
    else
        m_memories.push_back(stored);
    return memory;
}

void FakeChat::keep() const
{
    if (m_file.empty())
        return;
    auto kept = nlohmann::json::array();
    for (const auto& one : m_memories)
        kept.push_back({one.memory.name, one.text});
    std::ofstream(m_file) << kept.dump();
}

LibraryList FakeChat::list() const
{
    LibraryList list{"/library", {}};
    for (const auto& one : m_memories)
        list.memories.push_back(one.memory);
    return list;
}

FakeChat::Stored* FakeChat::find(const std::string& id)
{
    const auto found =
        std::find_if(m_memories.begin(), m_memories.end(), [&](const Stored& one) { return one.memory.id == id; });
    return found == m_memories.end() ? nullptr : &*found;
}

std::string FakeChat::answerOf(const ChatAskParams& params, AnswerContext context)
{
    std::string names;
    for (const auto& memory : params.prompt.memories)
        names += (names.empty() ? "" : ", ") + memory.name;
    return "From " + std::string(nameOf(context)) + ": " + params.prompt.question + " about "
        + (names.empty() ? "nothing" : names) + ", after " + std::to_string(params.prompt.turns.size() / 2)
        + " turns, seed " + std::to_string(params.sampling.seed) + (params.model.empty() ? "" : ", by " + params.model)
        + ".";
}

void FakeChat::ask(const RequestId& id, const ChatAskParams& params)
{
    const auto& question = params.prompt.question;
    if (says(question, "{fail}")) {
        FakeChannel::refuse(id, Error(ErrorKind::OutOfMemory, "The memory ran out while answering.", "Ask for less."));
        return;
    }
    for (const auto& memory : params.prompt.memories)
        if (find(memory.id) == nullptr) {
            FakeChannel::refuse(id, missing(memory.id));
            return;
        }
    ChatAskResult result;
    result.model = "nano";
    result.adapter = "chat";
    result.adapterSha256 = "0123";
    const auto parts = static_cast<std::int64_t>(params.contexts.size());
    for (const auto context : params.contexts) {
        ChatPartResult part;
        part.text = answerOf(params, context);
        if (!params.begun.empty())
            part.text = part.text.substr(std::min(part.text.size(), params.begun.size()));
        part.tokens = static_cast<std::int64_t>(part.text.size());
        part.firstTokenSeconds = context == AnswerContext::Text ? 0.8 : 0.2;
        part.seconds = 1;
        part.positions = 200;
        result.parts.push_back(part);
    }
    const bool stops = says(question, "{hang}") && params.begun.empty();
    for (const int half : {0, 1}) {
        if (half == 1 && stops)
            break;
        for (std::int64_t i = 0; i < parts; ++i) {
            const auto& text = result.parts[static_cast<std::size_t>(i)].text;
            const auto middle = text.size() / 2;
            const auto piece = half == 0 ? text.substr(0, middle) : text.substr(middle);
            FakeChannel::notify(protocol::tokens,
                                TokensNote{id, parts, {{i, static_cast<std::int64_t>(piece.size()), piece}}});
        }
    }
    if (stops) {
        for (auto& part : result.parts) {
            part.text = part.text.substr(0, part.text.size() / 2);
            part.ended = ReadEnd::Stopped;
        }
        m_hanging[id.number()] = result;
        return;
    }
    FakeChannel::answer(id, result);
}

bool FakeChat::cancel(const RequestId& id)
{
    const auto found = m_hanging.find(id.number());
    if (found == m_hanging.end())
        return false;
    FakeChannel::answer(id, found->second);
    m_hanging.erase(found);
    return true;
}

bool FakeChat::take(const RpcMessage& message)
{
    const auto is = [&](const auto& method) { return message.method == method.name; };
    const auto move = [](std::vector<Stored>& from, std::vector<Stored>& to, const std::string& id) {
        const auto found =
            std::find_if(from.begin(), from.end(), [&](const Stored& one) { return one.memory.id == id; });
        if (found == from.end())
            return false;
        to.push_back(*found);
        from.erase(found);
        return true;
    };
    if (is(protocol::libraryList)) {
        FakeChannel::answer(message.id, list());
    } else if (is(protocol::libraryAdd)) {
        const auto params = paramsOf<LibraryAddParams>(message);
        if (!params.path.empty()) {
            FakeChannel::answer(message.id, add("from a file", "The text of the file " + params.path));
            keep();
        } else if (says(params.text, "{full}")) {
            FakeChannel::refuse(message.id, Error(ErrorKind::Io, "The disk is full.", "Make room, and add it again."));
        } else {
            FakeChannel::answer(message.id, add(params.name, params.text));
            keep();
        }
    } else if (is(protocol::libraryText)) {
        const auto id = paramsOf<LibraryParams>(message).id;
        if (const auto* stored = find(id))
            FakeChannel::answer(message.id, LibraryText{stored->text});
        else
            FakeChannel::refuse(message.id, missing(id));
    } else if (is(protocol::libraryRename)) {
        const auto params = paramsOf<LibraryRenameParams>(message);
        find(params.id)->memory.name = params.name;
        find(params.id)->memory.tags = params.tags;
        FakeChannel::answer(message.id, find(params.id)->memory);
    } else if (is(protocol::libraryRecompress)) {
        const auto params = paramsOf<LibraryRecompressParams>(message);
        auto again = *find(params.id);
        if (says(again.text, "{unmade}")) {
            FakeChannel::refuse(message.id, Error(ErrorKind::Io, "The text cannot be compressed again.", "Try again."));
            return true;
        }
        again.memory.id += "-" + std::to_string(params.slots.value_or(0)) + params.model;
        again.memory.adapterName = params.model.empty() ? "chat" : params.model;
        again.memory.adapterSha256 = params.model;
        again.memory.slots = 0;
        for (auto& span : again.memory.spans)
            again.memory.slots += span.slots = params.slots.value_or(spanSlots);
        if (params.replace)
            move(m_memories, m_trash, params.id);
        if (find(again.memory.id) == nullptr)
            m_memories.push_back(again);
        FakeChannel::answer(message.id, again.memory);
    } else if (is(protocol::libraryExport)) {
        const auto params = paramsOf<LibraryExportParams>(message);
        std::ofstream(params.path) << "memory " << params.id;
        FakeChannel::answer(message.id, LibraryFolder{"/library", true});
    } else if (is(protocol::libraryDelete)) {
        move(m_memories, m_trash, paramsOf<LibraryParams>(message).id);
        FakeChannel::answer(message.id, list());
    } else if (is(protocol::libraryRestore)) {
        const auto id = paramsOf<LibraryParams>(message).id;
        if (move(m_trash, m_memories, id))
            FakeChannel::answer(message.id, m_memories.back().memory);
        else
            FakeChannel::refuse(message.id, missing(id));
    } else if (is(protocol::librarySearch)) {
        LibrarySearchResult found;
        for (const auto& one : m_memories)
            if (says(one.text, paramsOf<LibrarySearchParams>(message).words.c_str()))
                found.ids.push_back(one.memory.id);
        FakeChannel::answer(message.id, found);
    } else if (is(protocol::chatPlan)) {
        const auto params = paramsOf<ChatPlanParams>(message);
        ChatPlan plan;
        plan.positions = positions;
        std::int64_t slotCount = 0;
        std::int64_t tokens = 0;
        for (const auto& memory : params.prompt.memories)
            if (const auto* stored = find(memory.id)) {
                const auto expanded = std::ssize(memory.expanded);
                slotCount += stored->memory.slots + expanded * (spanTokens - spanSlots);
                tokens += stored->memory.tokens;
            }
        const auto asked = static_cast<std::int64_t>(params.prompt.question.size());
        for (const auto context : params.contexts)
            plan.used.push_back(asked
                                + (context == AnswerContext::Slots         ? slotCount
                                       : context == AnswerContext::Nothing ? 0
                                                                           : tokens));
        plan.fullText = asked + tokens;
        std::int64_t turns = 0;
        for (const auto& turn : params.prompt.turns)
            turns += static_cast<std::int64_t>(turn.size());
        if (params.prompt.turnShare > 0 && static_cast<double>(turns) > params.prompt.turnShare * positions)
            plan.turnSlots = spanSlots;
        if (says(params.prompt.question, "{long}")) {
            plan.problem = "The question and its memories take more positions than the base has.";
            plan.remedy = "Use fewer memories.";
        } else if (params.prompt.memories.empty() && params.contexts.front() != AnswerContext::Nothing) {
            plan.problem = "There is no memory to read.";
            plan.remedy = "Choose one.";
        }
        FakeChannel::answer(message.id, plan);
    } else if (is(protocol::chatAsk)) {
        ask(message.id, paramsOf<ChatAskParams>(message));
    } else if (is(protocol::chatScore)) {
        ChatScoreResult result;
        const auto params = paramsOf<ChatScoreParams>(message);
        const bool expanded = std::any_of(params.prompt.memories.begin(), params.prompt.memories.end(),
                                          [](const UsedMemory& one) { return !one.expanded.empty(); });
        for (const auto context : params.contexts)
            result.losses.push_back({context == AnswerContext::Text || expanded ? 0.25 : 0.75});
        FakeChannel::answer(message.id, result);
    } else if (is(protocol::chatAttribute)) {
        ChatAttribution result;
        const auto params = paramsOf<ChatAttributeParams>(message);
        for (const auto& memory : params.prompt.memories)
            if (const auto* stored = find(memory.id))
                for (std::int64_t span = 0; span < std::ssize(stored->memory.spans); ++span) {
                    const auto& info = stored->memory.spans[static_cast<std::size_t>(span)];
                    for (std::int64_t first = 0; first < spanSlots; first += 16)
                        result.groups.push_back({memory.id, span, first, 16, first == 32 ? 1.5 : 0.1,
                                                 info.begin + (info.end - info.begin) * first / spanSlots,
                                                 info.begin + (info.end - info.begin) * (first + 16) / spanSlots,
                                                 m_mapped.contains(memory.id + std::to_string(span))});
                }
        FakeChannel::answer(message.id, result);
    } else if (is(protocol::chatMap)) {
        const auto params = paramsOf<ChatMapParams>(message);
        m_mapped.insert(params.memory + std::to_string(params.span));
        FakeChannel::answer(message.id, ChatMap());
    } else {
        return false;
    }
    return true;
}

} // namespace icae
