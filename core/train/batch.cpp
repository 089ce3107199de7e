#include "train/batch.h"

#include "llm/decoder.h"
#include "llm/vocabulary.h"
#include "protocol/error.h"
#include "text/spans.h"

#include <algorithm>
#include <utility>

namespace icae {

namespace {

constexpr std::int64_t noTarget = -1;
constexpr std::int64_t mostQuestionTokens = 64;
constexpr std::int64_t mostAnswerTokens = 96;
constexpr std::int64_t leastContextTokens = 16;
constexpr std::int64_t mostContextTokens = 2048;
constexpr std::int64_t textPadding = 256;
constexpr std::int64_t mostSequences = 256;

Task taskOf(Objective objective)
{
    return objective == Objective::Autoencode ? Task::Autoencode
        : objective == Objective::Continue    ? Task::Continue
                                              : Task::Instruct;
}

std::int64_t roundUp(std::int64_t value, std::int64_t step)
{
    return (value + step - 1) / step * step;
}

void append(std::vector<std::int64_t>& ids, const auto& more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

/// Spans of all examples, one a row: context, memory tokens, padding.
void layOutSpans(Batch& batch, const std::vector<Sample>& samples, const LlmConfig& config,
                 const AdapterConfig& adapter, std::int64_t least)
{
    for (const auto& sample : samples)
        for (const auto& span : sample.spans) {
            ++batch.spanRows;
            least = std::max<std::int64_t>(least, std::ssize(span));
            batch.contextTokens += std::ssize(span);
        }
    batch.spanLength = least + batch.slots;
    checkWindow(config, batch.spanLength);
    batch.spanIds.assign(static_cast<std::size_t>(batch.spanRows * batch.spanLength), 0);
    batch.spanPositions.assign(batch.spanIds.size(), 0.0F);
    std::int64_t row = 0;
    for (const auto& sample : samples)
        for (const auto& span : sample.spans) {
            const auto start = batch.spanLength * row++;
            auto* ids = batch.spanIds.data() + start;
            ids = std::copy(span.begin(), span.end(), ids);
            for (std::int64_t i = 0; i < batch.slots; ++i) {
                *ids++ = config.vocabSize + i;
                batch.slotRows.push_back(start + std::ssize(span) + i);
            }
            const auto positions = encoderPositions(adapter.layout, {std::ssize(span), batch.slots});
            checkPositions(config, static_cast<double>(positions.back()));
            std::copy(positions.begin(), positions.end(), batch.spanPositions.data() + start);
        }
}

/// What one example's decoder reads behind the slots, and what it is to predict.
void layOutText(Batch& batch, std::int64_t row, const Sample& sample, const LlmConfig& config,
                const AdapterConfig& adapter)
{
    std::vector<std::int64_t> ids;
    DecoderPositions positions;
    if (sample.spans.empty()) {
        positions.next = 0;
    } else {
        std::vector<SpanShape> shapes;
        for (const auto& span : sample.spans)
            shapes.push_back({std::ssize(span), batch.slots});
        const auto task = taskOf(batch.objective);
        positions = decoderPositions(adapter.layout, task, shapes, batch.leftLength);
        ids.push_back(config.vocabSize + adapter.specialRow(specialTokenOf(task)));
    }
    std::vector<std::int64_t> labels(ids.size(), noTarget);
    for (const auto& turn : sample.turns) {
        append(ids, turn.prompt);
        append(ids, turn.targets);
        labels.resize(ids.size() - turn.targets.size() - 1, noTarget);
        append(labels, turn.targets);
        labels.push_back(noTarget);
        const auto unrated = std::min(sample.unrated, std::ssize(turn.targets));
        std::fill_n(labels.end() - 1 - std::ssize(turn.targets), unrated, noTarget);
        batch.targetCount += std::ssize(turn.targets) - unrated;
    }
    ids.pop_back();
    labels.pop_back();
    const std::int64_t total = batch.leftLength + batch.slotsOfSequence() + batch.textLength;
    auto* place = batch.positions.data() + row * total;
    const auto read = batch.leftLength + batch.slotsOfSequence() + std::ssize(ids);
    for (; std::ssize(positions.prompt) < read; positions.next += 1)
        positions.prompt.push_back(positions.next);
    checkPositions(config, static_cast<double>(positions.prompt.back()));
    std::copy(positions.prompt.begin(), positions.prompt.end(), place);
    std::copy(ids.begin(), ids.end(), batch.textIds.data() + row * batch.textLength);
    std::copy(labels.begin(), labels.end(), batch.targets.data() + row * batch.textLength);
    std::copy(sample.left.begin(), sample.left.end(), batch.leftIds.data() + row * batch.leftLength);
}

} // namespace

Batch assemble(Objective objective, const std::vector<Sample>& samples, std::int64_t slots, const LlmConfig& config,
               const AdapterConfig& adapter, const Padding& padding)
{
    Batch batch;
    batch.objective = objective;
    batch.slots = slots;
    batch.sequences = std::ssize(samples);
    batch.leftLength = std::ssize(samples.front().left);
    if (!samples.front().spans.empty())
        layOutSpans(batch, samples, config, adapter, padding.spanTokens);
    batch.textLength = padding.textLength;
    for (const auto& sample : samples) {
        std::int64_t length = sample.spans.empty() ? 0 : 1;
        for (const auto& turn : sample.turns)
            length += std::ssize(turn.prompt) + std::ssize(turn.targets);
        batch.textLength = std::max(batch.textLength, length - 1);
    }
    checkWindow(config, batch.leftLength + batch.slotsOfSequence() + batch.textLength);
    const auto rows = static_cast<std::size_t>(batch.sequences);
    batch.leftIds.assign(rows * static_cast<std::size_t>(batch.leftLength), 0);
    batch.textIds.assign(rows * static_cast<std::size_t>(batch.textLength), 0);
    batch.targets.assign(batch.textIds.size(), noTarget);
    batch.positions.assign(
        rows * static_cast<std::size_t>(batch.leftLength + batch.slotsOfSequence() + batch.textLength), 0.0F);
    for (std::int64_t row = 0; row < batch.sequences; ++row)
        layOutText(batch, row, samples[static_cast<std::size_t>(row)], config, adapter);
    if (batch.spanRows == 0)
        batch.contextTokens = batch.sequences * batch.textLength;
    return batch;
}

Batch partOf(const Batch& whole, std::int64_t part, std::int64_t parts)
{
    const auto first = whole.sequences * part / parts;
    const auto count = whole.sequences * (part + 1) / parts - first;
    // What each example has of a tensor follows what the one before has of it.
    const auto share = [&](const auto& values) {
        using Values = std::decay_t<decltype(values)>;
        const auto each = whole.sequences == 0 ? 0 : std::ssize(values) / whole.sequences;
        const auto begin = values.begin() + first * each;
        return Values(begin, begin + count * each);
    };
    Batch batch;
    batch.objective = whole.objective;
    batch.series = whole.series;
    batch.contextTokens = whole.contextTokens;
    batch.targetCount = whole.targetCount;
    batch.spanRows = whole.sequences == 0 ? 0 : whole.spanRows / whole.sequences * count;
    batch.spanLength = whole.spanLength;
    batch.slots = whole.slots;
    batch.spanIds = share(whole.spanIds);
    batch.spanPositions = share(whole.spanPositions);
    batch.slotRows = share(whole.slotRows);
    const auto rowsBefore = whole.sequences == 0 ? 0 : whole.spanRows / whole.sequences * first;
    for (auto& row : batch.slotRows)
        row -= rowsBefore * whole.spanLength;
    batch.dropoutKeys = share(whole.dropoutKeys);
    batch.sequences = count;
    batch.sequenceKeys = share(whole.sequenceKeys);
    batch.leftLength = whole.leftLength;
    batch.textLength = whole.textLength;
    batch.leftIds = share(whole.leftIds);
    batch.textIds = share(whole.textIds);
    batch.positions = share(whole.positions);
    batch.targets = share(whole.targets);
    return batch;
}

BatchSource::BatchSource(const TrainJob& job, LlmConfig config, std::shared_ptr<const TextCorpus> texts,
                         std::shared_ptr<const QuestionCorpus> questions, const Tokenizer& tokenizer)
    : m_job(job)
    , m_config(std::move(config))
    , m_texts(std::move(texts))
    , m_questions(std::move(questions))
{
    adoptTokenizer(m_config, tokenizer);
    const auto& words = job.adapter.prompt;
    if (words.leftBos && m_config.hasBos)
        m_left.push_back(m_config.bosId);
    append(m_left, tokenizer.encodePrompt(words.left));
    append(m_before, tokenizer.encodePrompt(words.rightBefore));
    append(m_after, tokenizer.encodePrompt(words.rightAfter));
    std::int64_t longest = m_job.weightOf(Objective::Plain) > 0 ? m_job.plainTokens + 1 : 0;
    if (m_job.weightOf(Objective::Continue) > 0)
        longest = std::max(longest, m_job.mostSpans * m_job.adapter.spanTokens + m_job.continueTokens);
    for (const auto& cell : m_job.autoencode)
        longest = std::max(longest, cell.tokens);
    if (longest > 0 && (m_texts == nullptr || m_texts->tokens() < longest))
        throw Error(ErrorKind::InvalidInput,
                    "The texts of data.texts have " + std::to_string(m_texts ? m_texts->tokens() : 0)
                        + " tokens, and the longest sample needs " + std::to_string(longest) + ".",
                    "Add texts, or shorten the samples (ae.cells, lm.spans, plain.tokens).");
    sortQuestions();
}

/// Tokens of a question's words, itself, its answer and EOS.
std::int64_t BatchSource::textOf(std::size_t item) const
{
    const auto n = m_questions->lengths(item);
    return std::ssize(m_before) + n.question + std::ssize(m_after) + n.answer + 1;
}

/// Room for the turns of one sample: all questions where they are few enough, else as many of their mean length, and
/// the longest in any case.
std::int64_t BatchSource::textOf(const std::vector<std::size_t>& sameContext) const
{
    std::int64_t sum = 0;
    std::int64_t longest = 0;
    for (const auto item : sameContext) {
        sum += textOf(item);
        longest = std::max(longest, textOf(item));
    }
    const auto count = std::ssize(sameContext);
    return std::max(longest, sum * std::min(count, m_job.questionTurns) / count);
}

/// Tokens that positions and attention's window leave for questions. Whichever way the text is read, it takes at most a
/// position a token; a span is read with its slots, at most one a token, and a text padded.
std::int64_t BatchSource::roomBehind(std::int64_t context) const
{
    const auto beside = std::min(context, std::max(m_job.adapter.spanTokens, textPadding));
    const auto most = std::min(m_config.maxPositions, m_config.slidingWindow.value_or(m_config.maxPositions));
    return most - (std::ssize(m_left) + context + beside + 1);
}

bool BatchSource::fits(std::size_t item) const
{
    const auto n = m_questions->lengths(item);
    return n.context >= leastContextTokens && n.context <= mostContextTokens && n.question <= mostQuestionTokens
        && n.answer >= 1 && n.answer <= mostAnswerTokens && textOf(item) <= roomBehind(n.context);
}

void BatchSource::sortQuestions()
{
    const bool overSlots = m_job.weightOf(Objective::Instruct) > 0;
    const bool overText = m_job.weightOf(Objective::InstructText) > 0;
    if (!overSlots && !overText)
        return;
    // A context is as likely as it takes samples to ask all its questions.
    std::vector<std::size_t> leads;
    for (std::size_t item = 0; item < m_questions->size(); ++item) {
        if (!fits(item)) {
            ++m_leftOut;
            continue;
        }
        auto& items = m_sameContext[m_questions->contextOf(item)];
        if (std::ssize(items) % m_job.questionTurns == 0)
            leads.push_back(item);
        items.push_back(item);
    }
    for (const auto lead : leads) {
        const auto context = m_questions->lengths(lead).context;
        const auto room = roomBehind(context);
        const auto text = m_job.questionTurns == 1
            ? textOf(lead)
            : std::min(textOf(m_sameContext.at(m_questions->contextOf(lead))), room);
        // What is padded fits too.
        const auto padded = [](std::int64_t length, std::int64_t step, std::int64_t most) {
            return std::min(roundUp(length, step), std::max(length, most));
        };
        if (overText)
            m_overText[{0, 0, padded(context + text, textPadding, context + room)}].push_back(lead);
        if (!overSlots)
            continue;
        const auto spans =
            planSpans(static_cast<std::size_t>(context), static_cast<std::size_t>(m_job.adapter.spanTokens));
        const auto longest = static_cast<std::int64_t>(spans.front().count);
        const auto span = longest <= 64 ? 64 : std::min(roundUp(longest, 128), roundUp(m_job.adapter.spanTokens, 64));
        // Few shapes, each of which is captured once.
        const std::int64_t step = m_job.questionTurns == 1 ? 32 : text <= 256 ? 64 : text <= 1024 ? 128 : 256;
        m_overSlots[{std::ssize(spans), span, padded(text, step, room)}].push_back(lead);
    }
    if (m_job.questionTurns == 1)
        m_sameContext.clear();
    if ((overSlots && m_overSlots.empty()) || (overText && m_overText.empty()))
        throw Error(
            ErrorKind::InvalidInput,
            "No question of data.questions can be used: contexts need 16 to 2,048 tokens, questions at most 64, "
            "answers 1 to 96.",
            "Use other data, or leave the questions out of the mixture.");
}

Batch BatchSource::make(std::int64_t number) const
{
    auto random = Random::of(m_job.seed, 0, static_cast<std::uint64_t>(number));
    auto batch = draw(random);
    if (m_job.loraDropout > 0) {
        auto keys = Random::of(m_job.seed, 1, static_cast<std::uint64_t>(number));
        for (std::int64_t row = 0; row < batch.spanRows; ++row)
            batch.dropoutKeys.push_back(static_cast<std::int64_t>(keys.next()));
    }
    const bool asks = batch.objective == Objective::Instruct || batch.objective == Objective::InstructText;
    if (asks && m_job.questionDropout > 0) {
        auto keys = Random::of(m_job.seed, 2, static_cast<std::uint64_t>(number));
        for (std::int64_t row = 0; row < batch.sequences; ++row)
            batch.sequenceKeys.push_back(static_cast<std::int64_t>(keys.next()));
    }
    return batch;
}

Batch BatchSource::draw(Random& random) const
{
    double total = 0;
    for (const auto& entry : m_job.mixture)
        total += entry.weight;
    double drawn = random.uniform() * total;
    auto objective = m_job.mixture.back().objective;
    for (const auto& entry : m_job.mixture) {
        drawn -= entry.weight;
        if (drawn < 0) {
            objective = entry.objective;
            break;
        }
    }
    switch (objective) {
    case Objective::Autoencode:
        return autoencode(random);
    case Objective::Continue:
        return continuation(random);
    case Objective::Instruct:
        return ask(random, m_overSlots, true);
    case Objective::InstructText:
        return ask(random, m_overText, false);
    case Objective::Plain:
        break;
    }
    return plain(random);
}

std::vector<std::int64_t> BatchSource::window(Random& random, std::int64_t tokens) const
{
    std::vector<std::int64_t> ids(static_cast<std::size_t>(tokens));
    m_texts->copy(random.below(m_texts->tokens() - tokens + 1), ids);
    return ids;
}

std::int64_t BatchSource::sequencesFor(std::int64_t tokens) const
{
    return std::clamp<std::int64_t>(m_job.batchTokens / tokens, 1, mostSequences);
}

Batch BatchSource::autoencode(Random& random) const
{
    const auto cell = m_job.autoencode[static_cast<std::size_t>(random.below(std::ssize(m_job.autoencode)))];
    const bool shorter = random.uniform() < m_job.shorten;
    std::vector<Sample> samples(static_cast<std::size_t>(sequencesFor(cell.tokens)));
    for (auto& sample : samples) {
        const auto cut = shorter ? random.below(std::max<std::int64_t>(1, cell.tokens / 4)) : 0;
        auto ids = window(random, std::max(cell.slots, cell.tokens - cut));
        if (m_job.adapter.contextBos && m_config.hasBos)
            ids.front() = m_config.bosId;
        auto& targets = sample.turns.emplace_back().targets;
        targets = ids;
        targets.push_back(m_config.eosId());
        sample.spans.push_back(std::move(ids));
    }
    auto batch =
        assemble(Objective::Autoencode, samples, cell.slots, m_config, m_job.adapter, {cell.tokens, cell.tokens + 1});
    batch.series = "ae " + std::to_string(cell.tokens) + "/" + std::to_string(cell.slots);
    return batch;
}

Batch BatchSource::continuation(Random& random) const
{
    const auto spans = m_job.leastSpans + random.below(m_job.mostSpans - m_job.leastSpans + 1);
    const auto slots = m_job.continueSlots[static_cast<std::size_t>(random.below(std::ssize(m_job.continueSlots)))];
    const auto length = m_job.adapter.spanTokens;
    std::vector<Sample> samples(static_cast<std::size_t>(sequencesFor(spans * length)));
    for (auto& sample : samples) {
        auto ids = window(random, spans * length + m_job.continueTokens);
        if (m_job.adapter.contextBos && m_config.hasBos)
            ids.front() = m_config.bosId;
        for (std::int64_t i = 0; i < spans; ++i)
            sample.spans.emplace_back(ids.begin() + i * length, ids.begin() + (i + 1) * length);
        sample.turns.emplace_back().targets.assign(ids.begin() + spans * length, ids.end());
        sample.unrated = unratedContinuation;
    }
    auto batch = assemble(Objective::Continue, samples, slots, m_config, m_job.adapter, {});
    batch.series = "lm " + std::to_string(spans) + "x" + std::to_string(length) + "/" + std::to_string(slots);
    return batch;
}

Batch BatchSource::plain(Random& random) const
{
    std::vector<Sample> samples(static_cast<std::size_t>(sequencesFor(m_job.plainTokens)));
    for (auto& sample : samples) {
        auto ids = window(random, m_job.plainTokens + 1);
        if (random.uniform() < m_job.copies) {
            const auto half = m_job.plainTokens / 2;
            std::copy(ids.begin(), ids.begin() + half, ids.begin() + half);
        }
        sample.turns.push_back({{ids.front()}, {ids.begin() + 1, ids.end()}});
    }
    auto batch = assemble(Objective::Plain, samples, 0, m_config, m_job.adapter, {});
    batch.series = "plain";
    return batch;
}

/// Questions about one context that fit in `room` tokens, in any order.
std::vector<std::size_t> BatchSource::turnsOf(Random& random, std::size_t lead, std::int64_t room) const
{
    if (m_job.questionTurns == 1)
        return {lead};
    auto items = m_sameContext.at(m_questions->contextOf(lead));
    std::vector<std::size_t> turns;
    while (!items.empty() && std::ssize(turns) < m_job.questionTurns) {
        std::swap(items[static_cast<std::size_t>(random.below(std::ssize(items)))], items.back());
        if (textOf(items.back()) <= room) {
            turns.push_back(items.back());
            room -= textOf(items.back());
        }
        items.pop_back();
    }
    return turns;
}

Sample BatchSource::questions(Random& random, std::size_t lead, const BucketShape& shape) const
{
    Sample sample;
    std::vector<std::int64_t> prompt;
    const auto context = m_questions->context(lead);
    auto room = shape.textLength - (shape.spans == 0 ? std::ssize(context) : 0);
    room = std::min(room, roomBehind(std::ssize(context)));
    if (shape.spans == 0) {
        if (m_config.hasBos || context.empty())
            prompt.push_back(m_config.bosId);
        append(prompt, context);
    } else {
        sample.left = m_left;
        for (const auto& range : planSpans(context.size(), static_cast<std::size_t>(m_job.adapter.spanTokens))) {
            const auto first = context.begin() + static_cast<std::ptrdiff_t>(range.first);
            sample.spans.emplace_back(first, first + static_cast<std::ptrdiff_t>(range.count));
        }
    }
    const auto turns = turnsOf(random, lead, room);
    const bool predicted = m_job.questionsPredicted > 0 && random.uniform() < m_job.questionsPredicted;
    for (const auto item : turns) {
        append(prompt, m_before);
        if (predicted) {
            auto& question = sample.turns.emplace_back(Turn{std::exchange(prompt, {}), {}});
            append(question.targets, m_questions->question(item));
        } else {
            append(prompt, m_questions->question(item));
        }
        append(prompt, m_after);
        auto& turn = sample.turns.emplace_back(Turn{std::exchange(prompt, {}), {}});
        append(turn.targets, m_questions->answer(item));
        turn.targets.push_back(m_config.eosId());
    }
    return sample;
}

Batch BatchSource::ask(Random& random, const Buckets& buckets, bool withSlots) const
{
    std::int64_t total = 0;
    for (const auto& [shape, items] : buckets)
        total += std::ssize(items);
    auto draw = random.below(total);
    auto bucket = buckets.begin();
    for (; draw >= std::ssize(bucket->second); ++bucket)
        draw -= std::ssize(bucket->second);
    const auto& [shape, items] = *bucket;
    auto context = withSlots ? shape.spans * shape.spanTokens : 2 * shape.textLength;
    if (m_job.questionTurns > 1) // questions may be longer than their text
        context = std::max(context, shape.textLength);
    std::vector<Sample> samples(static_cast<std::size_t>(sequencesFor(context)));
    std::int64_t shortest = shape.spanTokens;
    for (auto& sample : samples) {
        sample = questions(random, items[static_cast<std::size_t>(random.below(std::ssize(items)))], shape);
        for (const auto& span : sample.spans)
            shortest = std::min(shortest, std::ssize(span));
    }
    // Four tokens a slot, as published, or the next slot count that the adapter has.
    const auto choices = m_job.adapter.slotChoices();
    std::int64_t slots = 0;
    if (withSlots) {
        const auto enough = std::find_if(choices.begin(), choices.end(),
                                         [tokens = shape.spanTokens](auto count) { return count * 4 >= tokens; });
        slots = std::min(enough == choices.end() ? choices.back() : *enough, shortest);
    }
    auto batch = assemble(withSlots ? Objective::Instruct : Objective::InstructText, samples, slots, m_config,
                          m_job.adapter, {shape.spanTokens, shape.textLength});
    batch.series = objectiveName(batch.objective);
    return batch;
}

} // namespace icae
