#include "tensor/crew.h"

#include <algorithm>
#include <chrono>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <system_error>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a helper looks for work before it sleeps: longer than a sampler takes between two tokens.
constexpr auto lookout = std::chrono::microseconds(500);

// What a helper is at: computing a chunk (its number), or one of these.
constexpr std::int64_t idle = -1; ///< will touch nothing that it does not claim first
constexpr std::int64_t bound = -2; ///< reads what the run is, or delivers: the caller must wait, which is short
constexpr std::int64_t dropped = -3; ///< computes a chunk that the caller has done meanwhile

constexpr std::int64_t none = -1;

constexpr std::uint64_t ticketOf(std::uint32_t run, std::int64_t chunks)
{
    return (std::uint64_t{run} << 32U) + static_cast<std::uint64_t>(chunks);
}

constexpr std::uint32_t runOf(std::uint64_t ticket)
{
    return static_cast<std::uint32_t>(ticket >> 32U);
}

constexpr std::int64_t unclaimed(std::uint64_t ticket)
{
    return static_cast<std::uint32_t>(ticket);
}

void pause()
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Where OpenMP keeps its threads; empty where it leaves that to the system. A thread that OpenMP has bound to one core
/// would otherwise start all helpers there.
std::vector<cpu_set_t> placesOfThreads(int threads)
{
    if (omp_get_proc_bind() == omp_proc_bind_false)
        return {};
    std::vector<cpu_set_t> cores(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
    sched_getaffinity(0, sizeof(cpu_set_t), &cores[static_cast<std::size_t>(omp_get_thread_num())]);
    return cores;
}

} // namespace

struct alignas(64) Crew::Helper {
    std::atomic<std::int64_t> state{idle};
    std::vector<float> input;
    std::vector<float> room;
    std::thread thread;
};

Crew::Crew(int threads, std::int64_t inputSize, std::int64_t room)
    : m_room(static_cast<std::size_t>(room))
{
    for (int i = 1; i < threads; ++i) {
        auto& helper = *m_helpers.emplace_back(std::make_unique<Helper>());
        helper.input.resize(static_cast<std::size_t>(inputSize));
        helper.room.resize(static_cast<std::size_t>(room));
    }
    const auto places = placesOfThreads(threads);
    for (std::size_t i = 0; i < m_helpers.size(); ++i) {
        auto& helper = *m_helpers[i];
        try {
            helper.thread = std::thread([this, &helper] { help(helper); });
        } catch (const std::system_error&) { // the system gives no more threads: fewer are slower, no more
            m_helpers.resize(i);
            break;
        }
        if (!places.empty())
            pthread_setaffinity_np(helper.thread.native_handle(), sizeof(cpu_set_t), &places[i + 1]);
    }
}

Crew::~Crew()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_wake.notify_all();
    for (const auto& helper : m_helpers)
        helper->thread.join();
}

void Crew::run(ChunkedWork& work, std::int64_t argument)
{
    const auto run = runOf(m_ticket.load(std::memory_order_relaxed)) + 1;
    m_work = &work;
    m_argument = argument;
    m_chunks = work.chunks();
    m_ticket = ticketOf(run, m_chunks);
    if (m_asleep) {
        {
            const std::lock_guard lock(m_mutex);
            m_asleep = false;
        }
        m_wake.notify_all();
    }
    const auto start = Clock::now();
    for (auto chunk = claim(run); chunk != none; chunk = claim(run))
        computeHere(chunk);
    // A helper's last chunk takes no longer than all that was done here, unless its core is busy elsewhere.
    const auto now = Clock::now();
    const auto deadline = now + (now - start);
    for (const auto& helper : m_helpers)
        finish(*helper, deadline);
}

void Crew::computeHere(std::int64_t chunk)
{
    m_work->compute(chunk, m_work->input().data(), m_argument, m_room.data());
    m_work->deliver(chunk, m_room.data());
}

/// The next chunk of the run that nobody has claimed, or none.
std::int64_t Crew::claim(std::uint32_t run)
{
    auto ticket = m_ticket.load();
    while (runOf(ticket) == run && unclaimed(ticket) > 0)
        if (m_ticket.compare_exchange_weak(ticket, ticket - 1))
            return m_chunks - unclaimed(ticket);
    return none;
}

/// Returns when the helper's part of the run is delivered, at the latest soon after the deadline.
void Crew::finish(Helper& helper, Clock::time_point deadline)
{
    while (true) {
        // All chunks are claimed. So a helper that this load finds idle will see that, and touch nothing: its own store
        // of `bound` and load of the ticket, and these loads of both, are in one order for all threads (seq_cst).
        auto state = helper.state.load();
        if (state == idle || state == dropped)
            return;
        if (Clock::now() < deadline)
            pause();
        else if (state == bound)
            std::this_thread::yield();
        else if (helper.state.compare_exchange_strong(state, dropped))
            return computeHere(state);
    }
}

void Crew::help(Helper& helper)
{
    while (waitForWork()) {
        helper.state = bound;
        const auto ticket = m_ticket.load();
        if (unclaimed(ticket) > 0)
            helpWith(runOf(ticket), helper);
        helper.state = idle;
    }
}

/// Called while bound; computes chunks until there are no more, or until one came too late.
void Crew::helpWith(std::uint32_t run, Helper& helper)
{
    auto& work = *m_work;
    const auto argument = m_argument;
    std::ranges::copy(work.input(), helper.input.begin());
    for (auto chunk = claim(run); chunk != none; chunk = claim(run)) {
        helper.state = chunk;
        work.compute(chunk, helper.input.data(), argument, helper.room.data());
        auto expected = chunk;
        if (!helper.state.compare_exchange_strong(expected, bound))
            return;
        work.deliver(chunk, helper.room.data());
    }
}

/// False where the crew ends.
bool Crew::waitForWork()
{
    const auto hasWork = [&] { return m_ending || unclaimed(m_ticket) > 0; };
    const auto until = Clock::now() + lookout;
    while (!hasWork() && Clock::now() < until)
        pause();
    if (!hasWork()) {
        std::unique_lock lock(m_mutex);
        // The mark comes before the look at the ticket, and run() looks for the mark after it has changed the ticket.
        for (m_asleep = true; !hasWork(); m_asleep = true)
            m_wake.wait(lock);
    }
    return !m_ending;
}

} // namespace icae
