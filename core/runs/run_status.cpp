#include "runs/run_status.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "runs/process_start.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t silenceSeconds = 300; // after which a run on another machine counts as dead
constexpr std::int64_t many = INT64_MAX;

/// Tells this start of the machine from others, after which the same process numbers and ticks come again.
std::string bootId()
{
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

std::string hostName()
{
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::int64_t now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

bool ownerLives(const JsonReader& json)
{
    if (json.text("host", "") != hostName())
        return now() - json.integer("heartbeat", 0, many, 0) < silenceSeconds;
    return json.text("boot", bootId()) == bootId()
        && startOf(json.integer("pid", 0, many, 0)) == json.text("pid_start", "-");
}

} // namespace

RunStatus readRunStatus(const fs::path& run)
{
    const auto source = (run / runStatusName).string();
    const auto json = JsonReader::parse(readTextFile(run / runStatusName), source);
    auto status = fromJson<RunStatus>(json);
    if (isAlive(status.state) && !ownerLives(json)) {
        status.state = RunState::Died;
        status.reason = status.ranks > 1
            ? "Rank 0 on " + json.text("host", "its host") + " ended without a word, and the others with it."
            : std::string("Its process ended without a word.");
        status.paused.clear();
    }
    return status;
}

RunStatus lastRunStatus(const fs::path& run)
{
    try {
        return readRunStatus(run);
    } catch (const Error&) {
        return {};
    }
}

std::int64_t runOwner(const fs::path& run)
{
    try {
        const auto json = JsonReader::parse(readTextFile(run / runStatusName), run.string());
        return json.text("host", "") == hostName() ? json.integer("pid", 0, many, 0) : 0;
    } catch (const Error&) {
        return 0;
    }
}

StatusFile::StatusFile(const fs::path& run, std::chrono::milliseconds interval)
    : m_path(run / runStatusName)
    , m_interval(interval)
    , m_thread([this](const std::stop_token& stop) { beat(stop); })
{
}

StatusFile::~StatusFile() = default;

std::string StatusFile::text() const
{
    nlohmann::json json(*m_status);
    json["pid"] = getpid();
    json["pid_start"] = startOf(getpid());
    json["boot"] = bootId();
    json["host"] = hostName();
    json["heartbeat"] = now();
    return jsonText(json, 1) + "\n";
}

void StatusFile::write(const RunStatus& status)
{
    const std::scoped_lock lock(m_mutex);
    m_status = status;
    writeFile(m_path, text());
}

void StatusFile::writeLast(const RunStatus& status) noexcept
{
    try {
        write(status);
    } catch (const std::exception&) {
        // The file's blocks are there already, so this needs no room. Half of it would read as "damaged", not as alive.
        const std::scoped_lock lock(m_mutex);
        const auto content = text();
        const int file = open(m_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644); // NOLINT: POSIX
        if (file < 0)
            return;
        const auto written = pwrite(file, content.data(), content.size(), 0);
        [[maybe_unused]] const int cut = ftruncate(file, std::max<ssize_t>(written, 0));
        fsync(file);
        close(file);
    }
}

void StatusFile::beat(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        m_changed.wait_for(lock, stop, m_interval, [] { return false; });
        if (stop.stop_requested() || !m_status || !isAlive(m_status->state))
            continue;
        try {
            writeFile(m_path, text());
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): what is written next says so
        }
    }
}

} // namespace icae
