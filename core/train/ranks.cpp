#include "train/ranks.h"

#include "tensor/compat.h"
#include "tensor/device.h"

#include <omp.h>

#include <algorithm>
#include <thread>

namespace icae {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto lookAgain = 20ms;
constexpr auto farewell = 20s; // for the others to come to their end, too
constexpr auto shortFarewell = 4s; // where they were told to end at once
constexpr auto leftKey = "left";

std::string key(const std::string& topic, std::int64_t rank)
{
    return topic + "/" + std::to_string(rank);
}

/// Cores for each of the ranks that share this host's.
int coresEach(std::int64_t ranks)
{
    return static_cast<int>(std::max<std::int64_t>(1, omp_get_num_procs() / ranks));
}

} // namespace

Ranks::Ranks(Settings settings)
    : m_settings(std::move(settings))
    , m_place(m_settings.place)
{
    if (alone())
        return;
    requireRankGroup(m_settings.device);
    useDevice(m_settings.device);
    const bool serves = first() && !m_place.agentStore;
    m_store = openRankStore(m_place, serves);
    m_place.port = m_store->port();
    m_store->set(key("host", rank()), hostName());
    if (m_place.launches()) {
        const int threads = coresEach(size());
        m_processes.start(size(), m_place.port, threads);
        if (m_settings.device.is_cpu() && threads < at::get_num_threads())
            at::set_num_threads(threads);
    }
    RankGuard::Settings guard;
    guard.place = m_place;
    guard.patience = m_settings.patience;
    guard.asked = m_settings.stop;
    guard.lastWords = m_settings.lastWords;
    m_guard = std::make_unique<RankGuard>(openRankStore(m_place, false), std::move(guard),
                                          m_place.launches() ? &m_processes : nullptr);
}

Ranks::~Ranks()
{
    if (alone())
        return;
    m_guard.reset();
    if (m_settings.device.is_cuda()) {
        if (m_left) // in ending NCCL's, all wait for each other once more
            m_group.reset();
        else // a GPU may still wait for ranks that will not come: the group ends with the process
            static_cast<void>(m_group.release());
    }
    try {
        m_store->add(leftKey, 1);
        const auto others = [this] {
            m_processes.ended();
            return m_place.launches() ? m_processes.any() : m_store->add(leftKey, 0) < size();
        };
        // The store ends with rank 0: the others must have heard what there was to hear.
        const auto start = Clock::now();
        while (first() && !m_place.agentStore && Clock::now() - start < (m_left ? farewell : shortFarewell) && others())
            std::this_thread::sleep_for(lookAgain);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it is gone already
    }
    m_group.reset();
    m_processes.kill();
}

void Ranks::enter(RankPhase phase) const
{
    if (m_guard)
        m_guard->enter(phase);
}

void Ranks::progress() const
{
    if (m_guard)
        m_guard->progress();
}

void Ranks::check() const
{
    if (m_guard)
        m_guard->check();
}

/// A fault of the exchange is most often another rank's end, which the guard hears of.
template <typename Function> auto Ranks::explained(Function&& function)
{
    m_guard->check();
    try {
        return function();
    } catch (const Error& fault) {
        if (fault.kind() != ErrorKind::Io)
            throw;
        m_guard->explain(fault);
    }
}

void Ranks::awaitKey(const std::string& name)
{
    while (!explained([&] { return m_store->has(name); })) {
        if (m_settings.stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Training was stopped.", {});
        std::this_thread::sleep_for(lookAgain);
    }
}

void Ranks::afterFirstOfHost(const std::string& topic, const std::function<void()>& work)
{
    const auto name = topic + "/" + hostName();
    if (!alone() && m_place.localRank > 0)
        awaitKey(name);
    work();
    if (!alone() && m_place.localRank == 0)
        explained([&] { m_store->set(name, "1"); });
}

std::string Ranks::fromFirst(const std::string& topic, const std::string& text)
{
    if (alone())
        return text;
    if (first()) {
        explained([&] { m_store->set(key(topic, 0), text); });
        return text;
    }
    awaitKey(key(topic, 0));
    return explained([&] { return m_store->get(key(topic, 0)); });
}

std::vector<std::string> Ranks::toFirst(const std::string& topic, const std::string& text)
{
    if (alone())
        return {text};
    if (!first()) {
        explained([&] { m_store->set(key(topic, rank()), text); });
        return {};
    }
    std::vector<std::string> all{text};
    for (std::int64_t other = 1; other < size(); ++other) {
        awaitKey(key(topic, other));
        all.push_back(explained([&] { return m_store->get(key(topic, other)); }));
    }
    return all;
}

void Ranks::requireSame(const std::string& what, const std::string& text)
{
    if (fromFirst("same " + what, text) != text)
        throw Error(ErrorKind::Mismatch, "Here, " + what + " is another than on rank 0.",
                    "Give all ranks the same job, data, base and version of this program.");
}

void Ranks::join()
{
    if (alone())
        return;
    // All are there before any waits for another without an end.
    explained([&] { m_store->add("joining", 1); });
    while (explained([&] { return m_store->add("joining", 0); }) < size()) {
        if (m_settings.stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Training was stopped.", {});
        std::this_thread::sleep_for(lookAgain);
    }
    m_group = explained([&] { return joinRankGroup(m_store, m_place, m_settings.device); });
}

void Ranks::sum(at::Tensor& numbers)
{
    if (!alone())
        explained([&] { m_group->sum(numbers); });
}

void Ranks::spread(at::Tensor& numbers)
{
    if (!alone())
        explained([&] { m_group->spread(numbers); });
}

void Ranks::fail(const Error& error) noexcept
{
    if (m_guard)
        m_guard->fail(*m_store, error);
}

void Ranks::leave()
{
    m_left = true;
    if (m_guard)
        m_guard->leave();
}

std::string rankDevice(const std::string& spec, const RankPlace& place)
{
    if (place.alone() || spec == "cpu")
        return chooseDevice(spec).device.str();
    if (spec != "auto" && spec != "cuda")
        throw Error(ErrorKind::InvalidInput, "Several ranks cannot share the device " + spec + ".",
                    "Let each take its own (cuda), or compute on the CPU (cpu); CUDA_VISIBLE_DEVICES chooses among "
                    "the GPUs.");
    const auto count = compat::cudaDeviceCount();
    if (count == 0)
        return chooseDevice(spec).device.str();
    // Slurm may show each task its own GPU alone.
    const auto index = count == 1 && place.fromEnvironment && place.parent == 0 ? 0 : place.localRank;
    const auto most = place.launches() ? place.size : index + 1;
    if (most > count)
        throw Error(ErrorKind::Device,
                    std::to_string(most) + " ranks on this host need as many GPUs, and it has " + std::to_string(count)
                        + ".",
                    "Use --gpus " + std::to_string(count) + ", or start ranks on more hosts.");
    return "cuda:" + std::to_string(index);
}

} // namespace icae
