#include "runs/run_status.h"

#include "protocol/error.h"
#include "protocol/json.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto statusName = "status.json";
constexpr std::int64_t silenceSeconds = 300; // after which a run on another machine counts as dead
constexpr double most = 1e300;
constexpr std::int64_t many = INT64_MAX;

/// When a process began, in clock ticks since the machine's start (field 22 of /proc/PID/stat); empty where it is gone,
/// or dead and only not yet buried by its parent.
std::string startOf(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto close = line.rfind(')');
    if (close == std::string::npos)
        return {};
    std::istringstream rest(line.substr(close + 1));
    std::string state;
    rest >> state;
    if (state == "Z" || state == "X")
        return {};
    std::string field;
    for (int i = 4; i <= 22; ++i)
        rest >> field;
    return field;
}

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

bool isOver(const std::string& state)
{
    return state == "stopped" || state == "finished" || state == "failed";
}

bool ownerLives(const JsonReader& json)
{
    if (json.text("host", "") != hostName())
        return now() - json.integer("heartbeat", 0, many, 0) < silenceSeconds;
    return json.text("boot", bootId()) == bootId()
        && startOf(json.integer("pid", 0, many, 0)) == json.text("pid_start", "-");
}

} // namespace

nlohmann::json toJson(const BestValue& value)
{
    return {{"name", value.name}, {"last", value.last}, {"best", value.best}, {"best_step", value.bestStep}};
}

BestValue parseBestValue(const nlohmann::json& json, const std::string& source)
{
    const JsonReader reader(json, source);
    return {reader.text("name"), reader.number("last", -most, most), reader.number("best", -most, most),
            reader.integer("best_step", 0, many)};
}

nlohmann::json toJson(const RunStatus& status)
{
    nlohmann::json json{{"state", status.state},
                        {"stage", status.stage},
                        {"step", status.step},
                        {"steps", status.steps},
                        {"progress", status.progress},
                        {"seconds", status.seconds},
                        {"seconds_left", status.secondsLeft},
                        {"tokens_per_s", status.tokensPerSecond},
                        {"loss", status.loss},
                        {"warnings", status.warnings},
                        {"reason", status.reason},
                        {"device", status.device}};
    if (status.watched)
        json["watched"] = toJson(*status.watched);
    return json;
}

RunStatus readRunStatus(const fs::path& run)
{
    const auto source = (run / statusName).string();
    const auto json = JsonReader::parse(readTextFile(run / statusName), source);
    RunStatus status;
    status.state = json.text("state");
    status.stage = json.text("stage", "");
    status.step = json.integer("step", 0, many, 0);
    status.steps = json.integer("steps", 0, many, 0);
    status.progress = json.number("progress", 0, 1, 0);
    status.seconds = json.number("seconds", 0, most, 0);
    status.secondsLeft = json.number("seconds_left", 0, most, 0);
    status.tokensPerSecond = json.number("tokens_per_s", 0, most, 0);
    status.loss = json.number("loss", -most, most, 0);
    status.warnings = json.texts("warnings");
    status.reason = json.text("reason", "");
    status.device = json.text("device", "");
    if (json.has("watched"))
        status.watched = parseBestValue(json.at("watched"), source);
    if (!isOver(status.state) && !ownerLives(json)) {
        status.state = "died";
        status.reason = "Its process ended without a word; resume it with icae train --resume.";
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

std::vector<RunSummary> listRuns(const fs::path& root)
{
    std::error_code fault;
    if (!fs::is_directory(root, fault))
        throw Error(ErrorKind::NotFound, "There is no folder " + root.string() + ".", "Name a folder with runs.");
    std::vector<RunSummary> runs;
    const auto add = [&](const fs::path& folder) {
        if (!fs::exists(folder / statusName, fault))
            return false;
        RunSummary run{folder, {}};
        try {
            run.status = readRunStatus(folder);
        } catch (const Error& error) {
            run.status.state = "damaged";
            run.status.reason = error.message();
        }
        runs.push_back(std::move(run));
        return true;
    };
    if (!add(root)) {
        auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, fault);
        for (; !fault && it != fs::recursive_directory_iterator(); it.increment(fault)) {
            std::error_code gone; // a run's files come and go meanwhile
            if (it->is_directory(gone) && add(it->path()))
                it.disable_recursion_pending();
        }
    }
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
    return runs;
}

StatusFile::StatusFile(const fs::path& run, std::chrono::milliseconds interval)
    : m_path(run / statusName)
    , m_interval(interval)
    , m_thread([this](const std::stop_token& stop) { beat(stop); })
{
}

StatusFile::~StatusFile() = default;

std::string StatusFile::text() const
{
    auto json = m_status;
    json["pid"] = getpid();
    json["pid_start"] = startOf(getpid());
    json["boot"] = bootId();
    json["host"] = hostName();
    json["heartbeat"] = now();
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void StatusFile::write(const RunStatus& status)
{
    const std::scoped_lock lock(m_mutex);
    m_status = toJson(status);
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
        if (stop.stop_requested() || m_status.is_null() || isOver(m_status["state"].get<std::string>()))
            continue;
        try {
            writeFile(m_path, text());
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): what is written next says so
        }
    }
}

} // namespace icae
