#include "train/step_exchange.h"

namespace icae {

StepExchange::StepExchange(Ranks& ranks, Optimizer& optimizer, double seconds)
    : m_ranks(ranks)
    , m_optimizer(optimizer)
    , m_agreed{false, false, seconds, false}
    , m_sent{Sent(optimizer.device()), Sent(optimizer.device())}
{
}

StepWord StepExchange::run(const StepWord& own)
{
    if (m_ranks.alone())
        return own;
    const at::NoGradGuard guard;
    auto& sent = m_sent[m_next];
    auto& before = m_sent[1 - m_next];
    m_next = 1 - m_next;
    auto word = m_optimizer.told().narrow(0, m_optimizer.told().numel() - wordSize, wordSize);
    auto host = at::empty({wordSize}, at::TensorOptions().dtype(at::kFloat).pinned_memory(word.is_cuda()));
    auto* numbers = host.data_ptr<float>();
    numbers[0] = own.stop ? 1.0F : 0.0F;
    numbers[1] = m_ranks.first() && own.checkpoint ? 1.0F : 0.0F;
    numbers[2] = m_ranks.first() ? static_cast<float>(own.seconds) : 0.0F;
    numbers[3] = own.shortOfMemory ? 1.0F : 0.0F;
    word.copy_(host, true);
    sent.computed.mark();
    // Where nothing is enqueued, this is where the others are waited for.
    m_ranks.enter(word.is_cuda() ? RankPhase::Working : RankPhase::Waiting);
    m_ranks.sum(m_optimizer.exchanged());
    sent.summed.mark();
    sent.word = sent.copy.start(word.is_cuda() ? word : word.clone());
    sent.copy.mark();
    sent.pending = true;
    if (before.pending)
        m_agreed = read(before);
    m_ranks.enter(RankPhase::Working);
    return m_agreed;
}

StepWord StepExchange::read(Sent& sent)
{
    m_ranks.enter(RankPhase::Working);
    sent.computed.wait();
    m_ranks.enter(RankPhase::Waiting);
    sent.copy.wait();
    sent.pending = false;
    m_seconds += DeviceMoment::secondsBetween(sent.computed, sent.summed);
    const auto* numbers = sent.word.data_ptr<float>();
    return {numbers[0] > 0, numbers[1] > 0, numbers[2], numbers[3] > 0};
}

double StepExchange::takeSeconds()
{
    return std::exchange(m_seconds, 0);
}

} // namespace icae
