#include "llm/drafted.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

// Most numbers of logits at once: 64 MiB and 256 MiB in float32.
constexpr std::int64_t cpuLogits = std::int64_t{1} << 24;
constexpr std::int64_t gpuLogits = std::int64_t{1} << 26;

} // namespace

void DraftLength::observe(std::size_t agreed, bool missed)
{
    m_agreed += static_cast<double>(agreed);
    if (!missed)
        return;
    constexpr double keep = 0.5; // of what earlier runs tell
    m_agreed *= keep;
    m_runs = m_runs * keep + 1;
}

double DraftLength::expected(std::size_t length) const
{
    const double agrees = m_agreed / (m_agreed + m_runs);
    return (1 - std::pow(agrees, static_cast<double>(length + 1))) / (1 - agrees);
}

std::size_t DraftLength::best(std::size_t most, const std::function<double(std::size_t)>& cost) const
{
    double greatest = 0;
    std::size_t found = 0;
    for (std::size_t length = 0; length <= most;) {
        const double rate = expected(length) / cost(length);
        if (rate > greatest) {
            greatest = rate;
            found = length;
        }
        if (length == most)
            break;
        length = std::min(most, length + std::max<std::size_t>(1, length / 4));
    }
    return found;
}

DraftedDecoding::DraftedDecoding(StepEngine& engine, KvCache& cache, Sampler& sampler, Sequences& sequences,
                                 Drafter& drafter, std::stop_token stop)
    : m_engine(engine)
    , m_cache(cache)
    , m_sampler(sampler)
    , m_sequences(sequences)
    , m_drafter(drafter)
    , m_stop(std::move(stop))
    , m_lengths(sequences.count())
    , m_device(cache.keys.front().device())
{
}

void DraftedDecoding::run(const Choice& first)
{
    Choice choice = first;
    bool unseen = true; // the newest choices lie on the device only
    m_positions = positions(1);
    while (true) {
        if (unseen) {
            HostChoice seen(choice);
            // A GPU computes the next token while the host looks at this one, where that will need no draft.
            const bool ahead = !plan();
            if (ahead)
                choice = step(choice.ids);
            seen.wait();
            for (std::size_t i = 0; i < m_sequences.count(); ++i)
                if (m_sequences.isRunning(i) && !take(seen.token(i, i)))
                    return;
            if (!m_sequences.anyRunning())
                return;
            if (ahead)
                continue;
        }
        const auto lengths = plan();
        unseen = !lengths;
        if (unseen) {
            knowAgain();
            choice = step(m_lastIds);
        } else if (!readBlock(*lengths) || !m_sequences.anyRunning()) {
            return;
        }
    }
}

/// Most tokens of its draft that a sequence can use.
std::size_t DraftedDecoding::longest(std::size_t sequence) const
{
    if (!m_sequences.isRunning(sequence))
        return 0;
    // The model's own choice comes behind the draft.
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(0, m_sequences.remaining(sequence) - 1));
    return std::min(room, m_drafter.draft(sequence).size());
}

/// How long the drafts of the next block are; nothing where a step of one token of every sequence is worth more.
std::optional<DraftedDecoding::Lengths> DraftedDecoding::plan() const
{
    Lengths lengths(m_sequences.count(), 0);
    std::int64_t running = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        running += m_sequences.isRunning(i) ? 1 : 0;
    const auto cost = m_engine.cost();
    const auto logits = m_device.is_cpu() ? cpuLogits : gpuLogits;
    const auto cap = static_cast<std::size_t>(std::max<std::int64_t>(0, logits / cost.vocabulary / running - 1));
    for (std::size_t i = 0; i < lengths.size(); ++i)
        lengths[i] = m_lengths[i].best(std::min(longest(i), cap), [&](std::size_t length) {
            const auto rows = static_cast<std::int64_t>(length) + 1;
            return (cost.of(running * rows) + cost.block) / static_cast<double>(running)
                + cost.reading(m_cache.lengths[i], rows);
        });
    if (m_device.is_cpu()) // a block of single tokens is a step that leaves ended sequences out
        return lengths;
    fillUp(lengths);
    return isWorthABlock(lengths) ? std::optional(std::move(lengths)) : std::nullopt;
}

/// Whether a forward over these drafts gives more tokens for its time than a step of one token of every sequence, the
/// ended ones included.
bool DraftedDecoding::isWorthABlock(const Lengths& lengths) const
{
    const auto cost = m_engine.cost();
    double tokens = 0;
    double stepTokens = 0;
    double step = cost.of(m_cache.batch);
    double block = cost.block;
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        step += cost.cachedToken * static_cast<double>(m_cache.lengths[i]);
        if (!m_sequences.isRunning(i))
            continue;
        const auto own = static_cast<std::int64_t>(lengths[i]) + 1;
        tokens += m_lengths[i].expected(lengths[i]);
        stepTokens += 1;
        rows += own;
        block += cost.reading(m_cache.lengths[i], own);
    }
    block += cost.of(m_engine.wholeRows(rows));
    return tokens * step > stepTokens * block;
}

/// Where the engine computes more rows than asked for, drafts take them.
void DraftedDecoding::fillUp(Lengths& lengths) const
{
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        rows += m_sequences.isRunning(i) ? static_cast<std::int64_t>(lengths[i]) + 1 : 0;
    auto spare = static_cast<std::size_t>(m_engine.wholeRows(rows) - rows);
    for (std::size_t i = 0; i < lengths.size() && spare > 0; ++i) {
        if (lengths[i] == 0)
            continue;
        const auto more = std::min(spare, longest(i) - lengths[i]);
        lengths[i] += more;
        spare -= more;
    }
}

/// Learns from a token whether its draft agreed. False where the generation is to stop.
bool DraftedDecoding::take(const GeneratedToken& token)
{
    const auto draft = m_drafter.draft(token.sequence);
    if (!draft.empty()) {
        const auto agreed = m_drafter.agreement(token.sequence, draft.first(1), std::span(&token.id, 1));
        m_lengths[token.sequence].observe(agreed, agreed == 0);
    }
    m_drafter.wrote(token.sequence, token.id);
    return m_sequences.take(token) && !m_stop.stop_requested();
}

bool DraftedDecoding::readBlock(const Lengths& lengths)
{
    m_lastIds = at::Tensor();
    m_positions = at::Tensor();
    TokenRows rows;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (!m_sequences.isRunning(i))
            continue;
        rows.begin(static_cast<std::int64_t>(i), m_cache.lengths[i]);
        auto position = m_sequences.lastPosition(i);
        rows.add(m_sequences.written(i).back(), position);
        for (const auto id : m_drafter.draft(i).first(lengths[i]))
            rows.add(id, position += 1);
        m_sequences.result().drafted += static_cast<std::int64_t>(lengths[i]);
    }
    const auto logits = m_engine.read(rows).narrow(0, 0, rows.count());
    HostChoice choice(m_sampler.choose(logits));
    ++m_sequences.result().forwards;
    choice.wait();
    for (const auto& s : rows.sequences)
        if (!takeRows(s, rows, choice))
            return false;
    return true;
}

/// Takes what a forward chose after the rows of one sequence, as far as its draft agreed.
bool DraftedDecoding::takeRows(const SequenceRows& s, const TokenRows& rows, const HostChoice& choice)
{
    const auto sequence = static_cast<std::size_t>(s.sequence);
    const auto first = static_cast<std::size_t>(s.first);
    const auto drafted = static_cast<std::size_t>(s.count) - 1;
    const std::vector<std::int32_t> draft(rows.ids.begin() + s.first + 1, rows.ids.begin() + s.first + s.count);
    std::vector<std::int32_t> choices;
    for (std::size_t i = 0; i < drafted; ++i)
        choices.push_back(choice.id(first + i));
    const auto agreed = m_drafter.agreement(sequence, draft, choices);
    m_cache.lengths[sequence] = s.past + 1 + static_cast<std::int64_t>(agreed);
    for (std::size_t i = 0; i <= agreed && m_sequences.isRunning(sequence); ++i) {
        auto token = choice.token(first + i, sequence);
        if (i < agreed) {
            token.id = draft[i];
            ++m_sequences.result().accepted;
        }
        if (!take(token))
            return false;
    }
    return true;
}

/// Tells the device anew which tokens were written last, and where they stand.
void DraftedDecoding::knowAgain()
{
    if (m_lastIds.defined())
        return;
    auto ids = at::zeros({static_cast<std::int64_t>(m_sequences.count())}, at::kLong);
    for (std::size_t i = 0; i < m_sequences.count(); ++i)
        if (!m_sequences.written(i).empty())
            ids.data_ptr<int64_t>()[i] = m_sequences.written(i).back();
    m_lastIds = ids.to(m_device);
    m_positions = positions(0);
}

/// [B] on the device: `ahead` behind the tokens that were written last.
at::Tensor DraftedDecoding::positions(int ahead) const
{
    auto positions = at::empty({static_cast<std::int64_t>(m_sequences.count())}, at::kFloat);
    for (std::size_t i = 0; i < m_sequences.count(); ++i)
        positions.data_ptr<float>()[i] = m_sequences.lastPosition(i) + static_cast<float>(ahead);
    return positions.to(m_device);
}

Choice DraftedDecoding::step(const at::Tensor& ids)
{
    auto choice = m_sampler.choose(m_engine.step(ids, m_positions));
    m_positions.add_(1.0);
    m_lastIds = choice.ids;
    ++m_sequences.result().forwards;
    return choice;
}

} // namespace icae
