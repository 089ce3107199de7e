#include "runs/device_queue.h"

#include "input/user_folder.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "runs/run_status.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace icae {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr auto lookAgain = 200ms;
constexpr auto orderSuffix = ".order";

std::string absoluteName(const fs::path& run)
{
    const auto path = fs::absolute(run).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).string();
}

/// A folder a machine: several may share a home.
fs::path queueFolder()
{
    const auto state = userFolder("XDG_STATE_HOME", ".local/state");
    if (state.empty())
        return {};
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    auto folder = state / "icae" / "queues" / host.data();
    std::error_code fault;
    fs::create_directories(folder, fault);
    return fault ? fs::path() : folder;
}

fs::path fileOf(const fs::path& folder, const std::string& device, const char* suffix)
{
    auto name = device;
    std::replace(name.begin(), name.end(), ':', '-');
    return folder / (name + suffix);
}

/// The order of one device's runs, while nobody else changes it.
class Order {
public:
    Order(const fs::path& folder, const std::string& device)
        : m_file(fileOf(folder, device, orderSuffix))
        , m_lock(open(fileOf(folder, device, ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) // NOLINT: POSIX
    {
        if (m_lock >= 0)
            flock(m_lock, LOCK_EX);
        read();
    }
    ~Order()
    {
        if (m_lock >= 0)
            close(m_lock);
    }
    Order(const Order&) = delete;
    Order& operator=(const Order&) = delete;

    std::vector<QueuedRun>& runs() { return m_queue.runs; }

    void write() const { writeFile(m_file, jsonText(nlohmann::json(m_queue), 1) + "\n"); }

    void remove(const std::string& run)
    {
        std::erase_if(m_queue.runs, [&](const QueuedRun& one) { return one.run == run; });
    }

    /// Runs that wait before one; all where it does not wait.
    std::int64_t before(const std::string& run) const
    {
        std::int64_t count = 0;
        for (const auto& one : m_queue.runs) {
            if (one.run == run)
                break;
            count += one.waits ? 1 : 0;
        }
        return count;
    }

private:
    /// What is there of those that live.
    void read()
    {
        std::error_code ignored;
        if (!fs::exists(m_file, ignored))
            return;
        try {
            m_queue = fromJson<RunQueue>(JsonReader::parse(readTextFile(m_file), m_file.string()));
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): whoever is alive puts itself there again
        }
        std::erase_if(m_queue.runs, [](const QueuedRun& one) { return !isAlive(lastRunStatus(one.run)); });
    }

    static bool isAlive(const RunStatus& status) { return runIsThere(status) && icae::isAlive(status.state); }
    /// lastRunStatus() gives an empty status, whose state is the first one, where there is none to read.
    static bool runIsThere(const RunStatus& status) { return !status.stage.empty(); }

    fs::path m_file;
    int m_lock;
    RunQueue m_queue;
};

} // namespace

DevicePlace::DevicePlace(std::string device, const fs::path& run)
    : m_device(std::move(device))
    , m_run(absoluteName(run))
{
    if (const auto folder = queueFolder(); !folder.empty())
        m_busy = open(fileOf(folder, m_device, ".busy").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600); // NOLINT: POSIX
}

DevicePlace::~DevicePlace()
{
    if (m_busy < 0)
        return;
    leave();
    close(m_busy);
}

void DevicePlace::leave()
{
    try {
        Order order(queueFolder(), m_device);
        order.remove(m_run);
        order.write();
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): others see that it does not live any more
    }
}

void DevicePlace::share()
{
    if (m_busy < 0)
        return;
    Order order(queueFolder(), m_device);
    flock(m_busy, LOCK_SH); // whoever takes it alone does so within such an order, for a moment
    order.remove(m_run);
    order.runs().insert(order.runs().begin(), {m_run, m_device, false});
    order.write();
}

void DevicePlace::await(const std::stop_token& stop, const std::function<void(std::int64_t)>& waiting)
{
    if (m_busy < 0)
        return;
    for (std::int64_t told = -1;; std::this_thread::sleep_for(lookAgain)) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The run was stopped while it waited for its device.", {});
        Order order(queueFolder(), m_device);
        auto& runs = order.runs();
        auto self = std::find_if(runs.begin(), runs.end(), [&](const QueuedRun& one) { return one.run == m_run; });
        if (self == runs.end()) {
            self = runs.insert(runs.end(), {m_run, m_device, true});
            order.write();
        }
        const auto before = order.before(m_run);
        if (before == 0 && flock(m_busy, LOCK_EX | LOCK_NB) == 0) {
            flock(m_busy, LOCK_SH); // beside it, others may begin that do not wait
            self->waits = false;
            order.write();
            return;
        }
        if (before != told)
            waiting(before);
        told = before;
    }
}

RunQueue deviceQueues()
{
    RunQueue all;
    std::error_code fault;
    const auto folder = queueFolder();
    for (auto it = fs::directory_iterator(folder, fault); !fault && it != fs::directory_iterator();
         it.increment(fault)) {
        if (it->path().extension() != orderSuffix)
            continue;
        Order order(folder, it->path().stem().string());
        all.runs.insert(all.runs.end(), order.runs().begin(), order.runs().end());
    }
    std::stable_sort(all.runs.begin(), all.runs.end(), [](const auto& a, const auto& b) {
        return a.device != b.device ? a.device < b.device : a.waits < b.waits;
    });
    return all;
}

RunQueue moveInQueue(const fs::path& run, std::int64_t place)
{
    const auto name = absoluteName(run);
    const auto queues = deviceQueues();
    const auto found = std::find_if(queues.runs.begin(), queues.runs.end(),
                                    [&](const QueuedRun& one) { return one.run == name && one.waits; });
    if (found == queues.runs.end())
        throw Error(ErrorKind::NotFound, name + " waits for no device.", "It may have begun; list the queue again.");
    {
        Order order(queueFolder(), found->device);
        auto& runs = order.runs();
        order.remove(name);
        auto at = runs.begin();
        for (std::int64_t i = 0; at != runs.end() && (!at->waits || i < place); ++at)
            i += at->waits ? 1 : 0;
        runs.insert(at, *found);
        order.write();
    }
    return deviceQueues();
}

} // namespace icae
