#include "train/run_directory.h"

#include "protocol/error.h"
#include "protocol/json.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto statusName = "status.json";
constexpr std::int64_t silenceSeconds = 300; // after which a run on another machine counts as dead

/// When a process began, in clock ticks since the machine's start (field 22 of /proc/PID/stat); empty where it is gone.
std::string startOf(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto close = line.rfind(')');
    if (close == std::string::npos)
        return {};
    std::istringstream rest(line.substr(close + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i)
        rest >> field;
    return field;
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

RunStatus readStatus(const fs::path& folder)
{
    const auto json = JsonReader::parse(readTextFile(folder / statusName), (folder / statusName).string());
    constexpr double most = 1e300;
    constexpr std::int64_t many = INT64_MAX;
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
    if (json.has("watched")) {
        const auto watched = json.object("watched");
        status.watched = BestValue{watched.text("name"), watched.number("last", -most, most),
                                   watched.number("best", -most, most), watched.integer("best_step", 0, many)};
    }
    if (isOver(status.state))
        return status;
    const bool here = json.text("host", "") == hostName();
    const bool alive = here ? startOf(json.integer("pid", 0, many, 0)) == json.text("pid_start", "-")
                            : now() - json.integer("heartbeat", 0, many, 0) < silenceSeconds;
    if (!alive) {
        status.state = "died";
        status.reason = "Its process ended without a word; resume it with icae train --resume.";
    }
    return status;
}

[[noreturn]] void cannotWrite(const fs::path& path, const std::string& why)
{
    throw Error(ErrorKind::Io, path.string() + " cannot be written: " + why + ".",
                "Free space on that disk or choose a folder that you may write to.");
}

} // namespace

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
        json["watched"] = {{"name", status.watched->name},
                           {"last", status.watched->last},
                           {"best", status.watched->best},
                           {"best_step", status.watched->bestStep}};
    return json;
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
            run.status = readStatus(folder);
        } catch (const Error& error) {
            run.status.state = "damaged";
            run.status.reason = error.message();
        }
        runs.push_back(std::move(run));
        return true;
    };
    if (!add(root)) {
        auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, fault);
        for (; !fault && it != fs::recursive_directory_iterator(); it.increment(fault))
            if (it->is_directory(fault) && add(it->path()))
                it.disable_recursion_pending();
    }
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
    return runs;
}

RunDirectory::RunDirectory(fs::path folder, bool resume)
    : m_folder(std::move(folder))
    , m_processStart(startOf(getpid()))
{
    std::error_code fault;
    const bool exists = fs::exists(m_folder / "config.json", fault);
    if (resume && !exists)
        throw Error(ErrorKind::NotFound, m_folder.string() + " holds no run.", "Name the folder of a run.");
    if (!resume && exists)
        throw Error(ErrorKind::InvalidInput, m_folder.string() + " holds a run already.",
                    "Resume it with --resume, or choose another folder.");
    fs::create_directories(m_folder / "checkpoints", fault);
    if (fault)
        cannotWrite(m_folder, fault.message());
    m_lock = open((m_folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644); // NOLINT: POSIX
    if (m_lock < 0)
        cannotWrite(m_folder / "lock", std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
    if (flock(m_lock, LOCK_EX | LOCK_NB) != 0) {
        close(m_lock);
        throw Error(ErrorKind::InvalidInput, "Another process is training in " + m_folder.string() + ".",
                    "Wait for it, or stop it first.");
    }
}

RunDirectory::~RunDirectory()
{
    close(m_lock);
}

void RunDirectory::write(const RunStatus& status) const
{
    auto json = toJson(status);
    json["pid"] = getpid();
    json["pid_start"] = m_processStart;
    json["host"] = hostName();
    json["heartbeat"] = now();
    writeFile(m_folder / statusName, json.dump(1) + "\n");
}

void RunDirectory::append(std::string_view file, const nlohmann::json& line) const
{
    const auto path = m_folder / file;
    std::ofstream stream(path, std::ios::app | std::ios::binary);
    stream << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    stream.flush();
    if (!stream)
        cannotWrite(path, std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
}

void RunDirectory::log(const std::string& message) const
{
    const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%FT%TZ", &parts);
    std::ofstream(m_folder / "log.txt", std::ios::app) << text.data() << "  " << message << "\n";
}

void RunDirectory::forgetAfter(std::string_view file, std::int64_t step) const
{
    const auto path = m_folder / file;
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return;
    std::ifstream stream(path, std::ios::binary);
    std::string kept;
    for (std::string line; std::getline(stream, line);) {
        // A line that a kill cut short is no JSON; it comes after the checkpoint.
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (json.is_object() && json.value("step", std::int64_t{0}) <= step)
            kept += line + "\n";
    }
    writeFile(path, kept);
}

} // namespace icae
