#include "train/prefetcher.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t ahead = 8; // batches prepared before they are needed

} // namespace

Prefetcher::Prefetcher(const BatchSource& source, std::int64_t first)
    : m_source(source)
    , m_next(first)
    , m_started(first)
{
    const auto threads = std::clamp(std::thread::hardware_concurrency() / 2, 1U, 4U);
    try {
        for (unsigned i = 0; i < threads; ++i)
            m_workers.emplace_back([this] { work(); });
    } catch (...) { // no more threads: those that there are would be waited for without end
        stop();
        throw;
    }
}

Prefetcher::~Prefetcher()
{
    stop();
}

void Prefetcher::stop()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_stopping = true;
    }
    m_changed.notify_all();
}

void Prefetcher::work()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [this] { return m_stopping || m_fault || m_started < m_next + ahead; });
        if (m_stopping || m_fault)
            return;
        const auto number = m_started++;
        lock.unlock();
        Batch batch;
        std::exception_ptr fault;
        try {
            batch = m_source.make(number);
        } catch (...) {
            fault = std::current_exception();
        }
        lock.lock();
        if (fault)
            m_fault = fault;
        else
            m_ready.emplace(number, std::move(batch));
        m_changed.notify_all();
    }
}

Batch Prefetcher::next()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_fault || m_ready.contains(m_next); });
    if (!m_ready.contains(m_next))
        std::rethrow_exception(m_fault);
    auto node = m_ready.extract(m_next++);
    m_changed.notify_all();
    return std::move(node.mapped());
}

} // namespace icae
