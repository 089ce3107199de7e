#include "reading/question_context.h"

#include "icae/compressor.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "reading/reconstruct.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::size_t turnsKept = 2; // the last question and its answer always stay text

bool names(const std::vector<std::int64_t>& list, std::int64_t number)
{
    return std::find(list.begin(), list.end(), number) != list.end();
}

[[noreturn]] void refuseWithoutMemory()
{
    throw Error(ErrorKind::InvalidInput, "There is no memory to read.",
                "Choose one or several memories, or ask with nothing.");
}

std::string remedyFor(AnswerContext context, PositionLayout layout, bool turns)
{
    std::string remedy;
    if (context == AnswerContext::Text)
        remedy = layout == PositionLayout::Sequential ? "Ask with slots, choose fewer spans"
                                                      : "Ask with an excerpt, choose fewer spans";
    else if (context == AnswerContext::Nothing)
        remedy = "Shorten the question";
    else
        remedy = "Choose fewer memories or spans";
    return remedy + (turns ? ", begin a new chat" : "") + ", or allow a shorter answer.";
}

} // namespace

/// A stretch of a prompt: tokens, or the slots of a span.
struct QuestionContexts::Piece {
    TokenIds ids;
    SpanShape shape; ///< of slots; none: tokens
    bool isSpanText = false; ///< tokens that stand where a span's would
    at::Tensor slots;
    std::size_t memory = 0;
    std::int64_t span = -1; ///< −1: slots of turns
};

struct QuestionContexts::Plan {
    bool withSlots = false; ///< slots and a special token; else tokens alone
    std::vector<Piece> pieces; ///< behind the left words, before the special token
    TokenIds left;
    TokenIds right;
    std::string turnText; ///< to be compressed
    std::int64_t turnSlots = 0;
    std::vector<float> positions;
    float next = 0;
};

QuestionContexts::QuestionContexts(const Model& model)
    : m_model(model)
    , m_words(model)
{
}

TokenIds spanTokens(const Model& model, const ContextMemory& memory, std::int64_t span)
{
    const auto& source = *memory.source;
    const auto& header = source.memory.header;
    if (!source.hasText())
        throw Error(ErrorKind::NotFound, "The text of " + header.sourceName + " is not known, only its slots.",
                    "Ask with slots, or add the text again.");
    const auto& of = header.spans[static_cast<std::size_t>(span)];
    TokenIds ids;
    const bool bos = model.adapter().config.contextBos && model.config().hasBos; // is the first token of the text then
    const bool counted = memory.ofThisModel && std::ssize(source.tokens) == header.sourceTokens;
    for (std::size_t i = bos ? 1 : 0; i < source.tokens.size(); ++i) {
        const auto& token = source.tokens[i];
        const auto at = static_cast<std::int64_t>(i);
        // Another tokenizer's spans are known by their bytes alone.
        if (counted ? at >= of.firstToken && at < of.firstToken + of.shape.tokens
                    : token.begin >= of.beginByte && token.begin < std::max(of.endByte, of.beginByte + 1))
            ids.push_back(token.id);
    }
    return ids;
}

void QuestionContexts::addMemory(Plan& plan, const ContextMemory& memory, std::size_t index,
                                 AnswerContext context) const
{
    const auto& header = memory.source->memory.header;
    std::int64_t budget = 0; // tokens of an excerpt
    std::vector<std::int64_t> spans = memory.spans;
    chosenSpans(memory.source->memory, spans); // refuses what is not there
    if (spans.empty())
        for (std::int64_t i = 0; i < std::ssize(header.spans); ++i)
            spans.push_back(i);
    for (const auto span : spans)
        if (!names(memory.expanded, span))
            budget += header.spans[static_cast<std::size_t>(span)].shape.slots;
    for (const auto span : spans) {
        const auto& shape = header.spans[static_cast<std::size_t>(span)].shape;
        const bool expanded = names(memory.expanded, span);
        Piece piece;
        piece.memory = index;
        piece.span = span;
        if (context == AnswerContext::Slots && !expanded) {
            if (!memory.ofThisModel)
                Memory::requireSameModel(header, m_model, "The memory of " + header.sourceName);
            piece.shape = shape;
            if (memory.source->memory.slots.defined())
                piece.slots = memory.source->memory.slotsOf(static_cast<std::size_t>(span));
            plan.withSlots = true;
        } else {
            piece.ids = spanTokens(m_model, memory, span);
            piece.isSpanText = true;
            if (context == AnswerContext::Excerpt && !expanded) {
                const auto kept = std::min(budget, static_cast<std::int64_t>(piece.ids.size()));
                piece.ids.resize(static_cast<std::size_t>(kept));
                budget -= kept;
            }
        }
        plan.pieces.push_back(std::move(piece));
    }
}

void QuestionContexts::addTurns(Plan& plan, const ContextQuestion& question, bool mayCompress) const
{
    const auto& tokenizer = *m_model.tokenizer();
    const auto& turns = question.turns;
    if (turns.size() % 2 != 0)
        throw Error(ErrorKind::InvalidInput, "An earlier question has no answer.", "Leave it out, or answer it first.");
    std::vector<TokenIds> asText;
    std::size_t tokens = 0;
    for (std::size_t i = 0; i < turns.size(); i += 2) {
        auto ids = joined({m_words.asked(tokenizer.encodeIds(turns[i])),
                           tokenizer.encodeIds(turns[i + 1]),
                           {static_cast<TokenId>(m_model.config().eosId())}});
        tokens += ids.size();
        asText.push_back(std::move(ids));
    }
    std::size_t first = 0;
    const auto share = question.turnShare * static_cast<double>(m_model.config().maxPositions);
    if (mayCompress && question.turnShare > 0 && turns.size() > turnsKept && static_cast<double>(tokens) > share) {
        const auto& words = m_model.adapter().config.prompt;
        first = asText.size() - 1;
        for (std::size_t i = 0; i < 2 * first; i += 2)
            plan.turnText += words.rightBefore + turns[i] + words.rightAfter + turns[i + 1];
        const auto header = Compressor(m_model).plan(m_model.encodeContext(plan.turnText), {});
        for (const auto& span : header.spans) {
            Piece piece;
            piece.shape = span.shape;
            plan.turnSlots += span.shape.slots;
            plan.pieces.push_back(std::move(piece));
        }
    }
    for (; first < asText.size(); ++first)
        plan.right = joined({plan.right, asText[first]});
}

QuestionContexts::Plan QuestionContexts::plan(const ContextQuestion& question, AnswerContext context) const
{
    if (question.question.empty())
        throw Error(ErrorKind::InvalidInput, "There is no question.", "Ask something.");
    if (context != AnswerContext::Nothing && question.memories.empty())
        refuseWithoutMemory();
    Plan plan;
    if (context != AnswerContext::Nothing)
        for (std::size_t i = 0; i < question.memories.size(); ++i)
            addMemory(plan, question.memories[i], i, context);
    addTurns(plan, question, plan.withSlots);
    plan.right = joined({plan.right, m_words.asked(m_model.tokenizer()->encodeIds(question.question))});
    if (plan.withSlots) {
        plan.left = m_words.left;
    } else {
        const bool text =
            std::any_of(plan.pieces.begin(), plan.pieces.end(), [](const Piece& piece) { return !piece.ids.empty(); });
        plan.left = text ? m_words.bos : m_words.first;
    }
    return plan;
}

/// Gives everything its position; as decoderPositions(), where there are slots alone.
ContextSize QuestionContexts::place(Plan& plan) const
{
    const bool spread = plan.withSlots && m_model.adapter().config.layout == PositionLayout::Spread;
    auto next = static_cast<float>(plan.left.size());
    const auto count = [&](std::size_t tokens) {
        for (std::size_t i = 0; i < tokens; ++i, next += 1)
            plan.positions.push_back(next);
    };
    for (std::size_t i = 0; i < plan.left.size(); ++i)
        plan.positions.push_back(static_cast<float>(i));
    if (spread)
        next += 1; // slots stand where the text would be written back: behind the special token
    for (const auto& piece : plan.pieces) {
        if (piece.shape.slots == 0) {
            count(piece.ids.size());
            continue;
        }
        if (!spread) {
            count(static_cast<std::size_t>(piece.shape.slots));
            continue;
        }
        const auto own = encoderPositions(PositionLayout::Spread, piece.shape);
        for (auto i = piece.shape.tokens; i < piece.shape.tokens + piece.shape.slots; ++i)
            plan.positions.push_back(own[static_cast<std::size_t>(i)] + next);
        next += static_cast<float>(piece.shape.tokens);
    }
    if (plan.withSlots)
        count(1); // the special token
    count(plan.right.size());
    plan.next = next;
    return {static_cast<std::int64_t>(next), std::ssize(plan.positions), plan.turnSlots};
}

ContextSize QuestionContexts::size(const ContextQuestion& question, AnswerContext context) const
{
    auto planned = plan(question, context);
    return place(planned);
}

ContextSize QuestionContexts::requireFits(const ContextQuestion& question, AnswerContext context,
                                          std::int64_t maxTokens) const
{
    if (maxTokens < 1)
        throw Error(ErrorKind::InvalidInput, "No tokens are to be written.", "Ask for at least one.");
    const auto size = this->size(question, context);
    const auto& config = m_model.config();
    const auto refuse = [&](std::int64_t needed, const std::string& has) {
        throw Error(ErrorKind::InvalidInput,
                    "Reading this with " + std::string(nameOf(context)) + " and an answer of up to "
                        + std::to_string(maxTokens) + " tokens takes " + std::to_string(needed) + " positions; " + has
                        + ".",
                    remedyFor(context, m_model.adapter().config.layout, !question.turns.empty()));
    };
    if (size.positions + maxTokens > config.maxPositions)
        refuse(size.positions + maxTokens, "the base has " + std::to_string(config.maxPositions));
    if (config.slidingWindow && size.length + maxTokens - 1 > *config.slidingWindow)
        refuse(size.length + maxTokens - 1,
               "the base's attention reaches back " + std::to_string(*config.slidingWindow));
    return size;
}

at::Tensor QuestionContexts::embed(const TokenIds& ids) const
{
    auto tensor = at::empty({std::ssize(ids)}, at::kLong);
    std::copy(ids.begin(), ids.end(), tensor.data_ptr<int64_t>());
    return Decoder::embed(m_model.weights(), tensor.to(m_model.device().device));
}

ContextPrompt QuestionContexts::prompt(const ContextQuestion& question, AnswerContext context,
                                       const std::stop_token& stop) const
{
    const c10::InferenceMode noGradients;
    auto planned = plan(question, context);
    ContextPrompt result;
    result.size = place(planned);
    std::optional<Memory> turns;
    if (!planned.turnText.empty())
        turns = Compressor(m_model).compress(planned.turnText, {}, {}, stop);
    std::vector<at::Tensor> rows;
    std::int64_t row = 0;
    std::size_t turnSpan = 0;
    const auto add = [&](const at::Tensor& more) {
        rows.push_back(more);
        row += more.size(0);
    };
    if (!planned.left.empty())
        add(embed(planned.left));
    for (const auto& piece : planned.pieces) {
        if (piece.shape.slots == 0) {
            if (!piece.ids.empty())
                add(embed(piece.ids));
        } else if (piece.span < 0) {
            add(turns->slotsOf(turnSpan++));
        } else {
            result.slots.push_back({piece.memory, piece.span, row, piece.shape.slots});
            add(piece.slots.to(m_model.device().device, m_model.weights().dtype()));
        }
    }
    if (planned.withSlots)
        add(m_model.adapter().specialToken(specialTokenOf(Task::Instruct)));
    add(embed(planned.right));
    result.prompt.embeddings = at::cat(rows, 0);
    result.prompt.positions = std::move(planned.positions);
    result.prompt.nextPosition = planned.next;
    return result;
}

} // namespace icae
