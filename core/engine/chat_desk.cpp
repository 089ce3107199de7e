#include "engine/chat_desk.h"

#include "engine/session.h"
#include "engine/streams.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "reading/attribution.h"
#include "reading/rating.h"
#include "reading/read.h"
#include "tensor/sha256.h"
#include "text/streaming.h"
#include "text/text_file.h"

#include <algorithm>
#include <chrono>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t mostKept = 64; // attributions and maps
constexpr std::size_t nameCharacters = 40;

double secondsBetween(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// The first words of a text.
std::string firstWords(const std::string& text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos)
        return "Unnamed";
    auto end = std::min(text.find_first_of("\r\n", begin), text.size());
    std::size_t characters = 0;
    for (auto i = begin; i < end; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && ++characters > nameCharacters)
            return text.substr(begin, i - begin) + "…";
    return text.substr(begin, end - begin);
}

void requireContexts(const std::vector<AnswerContext>& contexts)
{
    if (contexts.empty())
        throw Error(ErrorKind::InvalidInput, "No context was chosen to answer in.", "Choose at least one.");
}

bool readSlots(const std::vector<AnswerContext>& contexts)
{
    return std::find(contexts.begin(), contexts.end(), AnswerContext::Slots) != contexts.end();
}

std::string keyOf(const Model& model, const nlohmann::json& asked)
{
    return sha256(model.adapterHash() + model.baseHashes().weights + dtypeName(model.weights().dtype()).data()
                  + jsonText(asked));
}

/// A text of the library: a file, or what was given.
std::string textOf(const LibraryAddParams& params)
{
    return params.path.empty() ? checkedText(params.text, "the text") : readTextFile(params.path);
}

/// One answer as it is written.
struct Writing {
    std::optional<Clock::time_point> first;
    Clock::time_point last;
    double logProbability = 0;
};

} // namespace

ChatDesk::ChatDesk(ModelShelf& models)
    : m_models(models)
{
}

std::shared_ptr<const Model> ChatDesk::present(const std::string& model)
{
    if (model.empty() && !m_models.current())
        return nullptr;
    return m_models.get(model);
}

LibraryList ChatDesk::list(const LibraryListParams& params, const RequestContext& /*context*/)
{
    return m_library.list(present(params.model).get());
}

LibraryText ChatDesk::text(const LibraryParams& params, const RequestContext& /*context*/)
{
    return m_library.text(params.id);
}

LibrarySearchResult ChatDesk::search(const LibrarySearchParams& params, const RequestContext& /*context*/)
{
    return m_library.search(params);
}

LibraryMemory ChatDesk::rename(const LibraryRenameParams& params, const RequestContext& /*context*/)
{
    return m_library.rename(params, present({}).get());
}

LibraryList ChatDesk::discard(const LibraryParams& params, const RequestContext& /*context*/)
{
    m_library.discard(params.id);
    return m_library.list(present({}).get());
}

LibraryMemory ChatDesk::restore(const LibraryParams& params, const RequestContext& /*context*/)
{
    return m_library.restore(params.id, present({}).get());
}

LibraryFolder ChatDesk::exportMemory(const LibraryExportParams& params, const RequestContext& /*context*/)
{
    m_library.exportTo(params);
    return m_library.folder({});
}

LibraryFolder ChatDesk::folder(const LibraryFolderParams& params, const RequestContext& /*context*/)
{
    return m_library.folder(params);
}

LibraryMemory ChatDesk::add(const LibraryAddParams& params, const RequestContext& context)
{
    std::error_code fault;
    if (!params.path.empty() && fs::exists(params.path, fault) && !fs::is_regular_file(params.path, fault))
        throw Error(ErrorKind::InvalidInput, params.path + " is no file.", "Name a text or a memory file.");
    const LibraryLabel given{params.name, params.tags};
    if (!params.path.empty() && Memory::looksLikeMemory(params.path))
        return m_library.addFile(params.path, given, present(params.model).get());
    const auto model = m_models.get(params.model);
    ProgressReporter progress(context.channel, context.id);
    auto text = textOf(params);
    LibraryLabel label = given;
    if (label.name.empty())
        label.name = params.path.empty() ? firstWords(text) : fs::path(params.path).filename().string();
    const auto source = compressSource(*model, std::move(text), {params.slots, params.spanTokens, label.name},
                                       progress.callback(), context.stop);
    return m_library.add(source, label, model.get());
}

LibraryMemory ChatDesk::recompress(const LibraryRecompressParams& params, const RequestContext& context)
{
    const auto model = m_models.get(params.model);
    const auto old = m_library.file(params.id);
    ProgressReporter progress(context.channel, context.id);
    const auto source =
        compressSource(*model, m_library.text(params.id).text, {params.slots, params.spanTokens, old.label.name},
                       progress.callback(), context.stop);
    auto memory = m_library.add(source, old.label, model.get());
    if (params.replace && memory.id != params.id)
        m_library.discard(params.id);
    return memory;
}

ChatDesk::Opened ChatDesk::open(const ChatPrompt& prompt, const Model& model, bool slots)
{
    Opened opened;
    opened.question.turns = prompt.turns;
    opened.question.question = prompt.question;
    opened.question.turnShare = prompt.turnShare;
    for (const auto& used : prompt.memories) {
        auto source = m_library.open(used.id, model, slots);
        const auto& header = source->memory.header;
        const bool same = header.adapterHash == model.adapterHash()
            && model.base().is({header.baseConfigHash, header.baseWeightsHash});
        opened.question.memories.push_back({source.get(), used.spans, used.expanded, same});
        opened.sources.push_back(std::move(source));
    }
    return opened;
}

ChatPlan ChatDesk::plan(const ChatPlanParams& params, const RequestContext& /*context*/)
{
    const auto model = m_models.get(params.model);
    const QuestionContexts contexts(*model);
    ChatPlan plan;
    plan.positions = model->config().maxPositions;
    try {
        const auto opened = open(params.prompt, *model, false);
        const auto note = [&](const Error& error) {
            if (plan.problem.empty())
                plan.problem = error.message(), plan.remedy = error.remedy();
        };
        for (const auto context : params.contexts) {
            auto& used = plan.used.emplace_back();
            try {
                const auto size = contexts.size(opened.question, context);
                used = size.positions;
                plan.turnSlots = std::max(plan.turnSlots, size.turnSlots);
                contexts.requireFits(opened.question, context, params.maxTokens);
            } catch (const Error& error) {
                note(error);
            }
        }
        const bool hasText = std::all_of(opened.sources.begin(), opened.sources.end(),
                                         [](const auto& source) { return source->hasText(); });
        if (hasText && !params.prompt.question.empty())
            plan.fullText =
                contexts.size(opened.question, opened.sources.empty() ? AnswerContext::Nothing : AnswerContext::Text)
                    .positions;
    } catch (const Error& error) { // a memory that is gone or damaged
        plan.used.assign(params.contexts.size(), 0);
        plan.problem = error.message();
        plan.remedy = error.remedy();
    }
    return plan;
}

ChatAskResult ChatDesk::ask(const ChatAskParams& params, const RequestContext& context)
{
    const auto start = Clock::now();
    requireContexts(params.contexts);
    const auto sampling = samplingOf(params.sampling);
    if (!params.begun.empty() && params.contexts.size() > 1)
        throw Error(ErrorKind::InvalidInput, "Only one answer can be gone on with at a time.", "Choose one context.");
    const auto model = m_models.get(params.model);
    const QuestionContexts contexts(*model);
    const Reader reader(*model);
    const auto opened = open(params.prompt, *model, readSlots(params.contexts));
    const auto begun = params.begun.empty() ? TokenIds{} : model->tokenizer()->encodeIds(params.begun);
    for (const auto one : params.contexts)
        contexts.requireFits(opened.question, one, params.maxTokens + std::ssize(begun));
    std::vector<Prompt> prompts;
    ChatAskResult result;
    for (const auto one : params.contexts) {
        const auto asked = contexts.prompt(opened.question, one, context.stop);
        auto& prompt = prompts.emplace_back(reader.after(asked.prompt, begun));
        prompt.maxTokens = params.maxTokens;
        auto& part = result.parts.emplace_back();
        part.positions = static_cast<std::int64_t>(prompt.nextPosition);
        part.turnSlots = asked.size.turnSlots;
    }
    ProgressReporter progress(context.channel, context.id);
    TokenStreamer stream(context.channel, context.id, model->tokenizer(),
                         begun.empty() ? TokenStreamer::Begins::EachPart : TokenStreamer::Begins::NoPart);
    auto generating = reader.greedy();
    generating.sampling = sampling;
    std::vector<Writing> writing(prompts.size());
    Progress state{"Writing", 0, static_cast<double>(params.maxTokens), "tokens"};
    const auto report = progress.callback();
    const auto generation = reader.generate(
        prompts, generating,
        [&](const GeneratedToken& token) {
            auto& part = writing[token.sequence];
            part.last = Clock::now();
            if (!part.first)
                part.first = part.last;
            part.logProbability += static_cast<double>(token.logProbability);
            if (token.sequence == 0) {
                state.done += 1;
                report(state);
            }
            stream.add(prompts.size(), token.sequence, token.id);
            return true;
        },
        context.stop);
    stream.finish();
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        auto& part = result.parts[i];
        StreamingDetokenizer text(model->tokenizer(), begun.empty());
        for (const auto id : generation.ids[i])
            part.text += text.push(id);
        part.text += text.finish();
        part.tokens = std::ssize(generation.ids[i]);
        part.ended = endOf(generation.ends[i]);
        if (writing[i].first) {
            part.firstTokenSeconds = secondsBetween(start, *writing[i].first);
            part.seconds = secondsBetween(*writing[i].first, writing[i].last);
        }
        part.positions += part.tokens;
        part.logProbability = writing[i].logProbability;
        part.kvBytes = KvCache::bytes(model->config(), 1, prompts[i].length() + part.tokens, model->weights().dtype());
    }
    result.model = model->paths().base.string();
    result.adapter = model->paths().adapter.string();
    result.adapterSha256 = model->adapterHash();
    return result;
}

ChatScoreResult ChatDesk::score(const ChatScoreParams& params, const RequestContext& context)
{
    requireContexts(params.contexts);
    if (params.answers.size() != params.contexts.size())
        throw Error(ErrorKind::InvalidInput, "There are not as many answers as contexts.", "Give one for each.");
    const auto model = m_models.get(params.model);
    const QuestionContexts contexts(*model);
    const auto opened = open(params.prompt, *model, readSlots(params.contexts));
    std::vector<Prompt> prompts;
    std::vector<TokenIds> targets;
    for (std::size_t i = 0; i < params.contexts.size(); ++i) {
        targets.push_back(ratedAnswer(*model, params.answers[i]));
        contexts.requireFits(opened.question, params.contexts[i], std::ssize(targets.back()));
        prompts.push_back(contexts.prompt(opened.question, params.contexts[i], context.stop).prompt);
    }
    ChatScoreResult result;
    for (const auto& scores : Reader(*model).score(prompts, targets, {}, context.stop))
        result.losses.push_back({forcedScores(scores).loss});
    return result;
}

std::shared_ptr<const ChatMap> ChatDesk::knownMap(const std::string& key)
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_maps.find(key);
    return found == m_maps.end() ? nullptr : found->second;
}

ChatMap ChatDesk::map(const ChatMapParams& params, const RequestContext& context)
{
    const auto model = m_models.get(params.model);
    const auto source = m_library.open(params.memory, *model, true);
    Memory::requireSameModel(source->memory.header, *model, "The memory of " + source->memory.header.sourceName);
    const auto key = keyOf(*model, {params.memory, params.span, params.group});
    if (const auto known = knownMap(key))
        return *known;
    auto usable = std::make_shared<Source>(*source);
    usable->memory.slots = source->memory.slots.to(model->device().device, model->weights().dtype());
    ProgressReporter progress(context.channel, context.id);
    auto result = mapSpan(*model, *usable, params.span, params.group, progress.callback(), context.stop);
    const std::scoped_lock lock(m_mutex);
    if (m_maps.size() >= mostKept)
        m_maps.clear();
    m_maps[key] = std::make_shared<const ChatMap>(result);
    return result;
}

ChatAttribution ChatDesk::attribute(const ChatAttributeParams& params, const RequestContext& context)
{
    const auto model = m_models.get(params.model);
    const auto opened = open(params.prompt, *model, true);
    auto asked = nlohmann::json(params);
    asked.erase("model");
    const auto key = keyOf(*model, asked);
    ChatAttribution result;
    {
        const std::scoped_lock lock(m_mutex);
        if (const auto found = m_attributions.find(key); found != m_attributions.end())
            result = found->second;
    }
    if (result.groups.empty()) {
        const QuestionContexts contexts(*model);
        const auto answer = ratedAnswer(*model, params.answer);
        contexts.requireFits(opened.question, AnswerContext::Slots, std::ssize(answer));
        const auto prompt = contexts.prompt(opened.question, AnswerContext::Slots, context.stop);
        ProgressReporter progress(context.channel, context.id);
        const auto found = icae::attribute(*model, prompt, answer, params.group, progress.callback(), context.stop);
        result.loss = found.loss;
        for (const auto& group : found.groups)
            result.groups.push_back({params.prompt.memories[group.of.memory].id, group.of.span, group.firstSlot,
                                     group.slots, group.rise, 0, 0, false});
        const std::scoped_lock lock(m_mutex);
        if (m_attributions.size() >= mostKept)
            m_attributions.clear();
        m_attributions[key] = result;
    }
    for (auto& group : result.groups) { // words: a map may have been measured since
        const auto used = std::find_if(params.prompt.memories.begin(), params.prompt.memories.end(),
                                       [&](const UsedMemory& one) { return one.id == group.memory; });
        const auto& source = *opened.sources[static_cast<std::size_t>(used - params.prompt.memories.begin())];
        const auto& span = source.memory.header.spans[static_cast<std::size_t>(group.span)];
        const auto width = static_cast<double>(span.endByte - span.beginByte) / static_cast<double>(span.shape.slots);
        const auto at = [&](std::int64_t slot) { // where a character begins
            auto byte = span.beginByte + static_cast<std::size_t>(width * static_cast<double>(slot));
            while (byte < source.text.size() && (static_cast<unsigned char>(source.text[byte]) & 0xC0U) == 0x80U)
                ++byte;
            return static_cast<std::int64_t>(byte);
        };
        group.begin = at(group.firstSlot);
        group.end = at(group.firstSlot + group.slots);
        const auto known = knownMap(keyOf(*model, {group.memory, group.span, params.group}));
        if (!known)
            continue;
        const auto mapped = std::find_if(known->groups.begin(), known->groups.end(),
                                         [&](const SlotTokens& tokens) { return tokens.firstSlot == group.firstSlot; });
        if (mapped == known->groups.end())
            continue;
        group.begin = mapped->begin;
        group.end = mapped->end;
        group.measured = true;
    }
    return result;
}

} // namespace icae
