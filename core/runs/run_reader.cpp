#include "runs/run_reader.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/appended_lines.h"
#include "runs/event_reader.h"
#include "runs/run_checkpoints.h"
#include "runs/run_index.h"
#include "runs/run_status.h"
#include "text/text_file.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mostAtOnce = std::int64_t{16} << 20U; // well below the longest frame

RunLines linesOf(const fs::path& file, const FilePosition& since, std::int64_t most, FilePosition& next, bool& more)
{
    auto read = readAppended(file, since, most);
    next = read.next;
    more = more || read.more;
    return {std::move(read.lines), read.restarted};
}

std::int64_t changedAt(const fs::path& run)
{
    std::int64_t latest = 0;
    for (const auto* name : {runStatusName, studyCellsName, "metrics.jsonl", "log.txt"}) {
        std::error_code fault;
        const auto time = fs::last_write_time(run / name, fault);
        if (!fault)
            latest = std::max<std::int64_t>(latest,
                                            std::chrono::duration_cast<std::chrono::seconds>(
                                                std::chrono::file_clock::to_sys(time).time_since_epoch())
                                                .count());
    }
    return latest;
}

/// The events among lines of metrics.jsonl.
std::vector<RunEvent> eventsIn(const std::string& lines)
{
    std::vector<RunEvent> events;
    constexpr std::string_view key = "\"event\":";
    for (auto at = lines.find(key); at != std::string::npos;) {
        const auto begin = lines.rfind('\n', at) + 1; // 0 where there is none
        const auto end = std::min(lines.find('\n', at), lines.size());
        try {
            events.push_back(fromJson<RunEvent>(
                JsonReader::parse(std::string_view(lines).substr(begin, end - begin), "metrics.jsonl")));
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): of another version, or damaged
        }
        at = lines.find(key, end);
    }
    return events;
}

/// config.json of a study; nothing where it cannot be read.
std::optional<StudyConfig> studyOf(const fs::path& run)
{
    try {
        return readStudyConfig(run);
    } catch (const Error&) {
        return {};
    }
}

} // namespace

StudyConfig readStudyConfig(const fs::path& run)
{
    const auto file = run / studyConfigName;
    return fromJson<StudyConfig>(JsonReader::parse(readTextFile(file), file.string(), true));
}

ReadSamples readSamples(const fs::path& file, const FilePosition& since, bool texts, std::int64_t most)
{
    auto read = readAppended(file, since, most);
    ReadSamples result{{{}, read.restarted, 0}, read.next, read.more};
    for (std::size_t begin = 0; begin < read.lines.size();) {
        const auto end = read.lines.find('\n', begin);
        const auto line = std::string_view(read.lines).substr(begin, end - begin);
        try {
            auto sample = fromJson<StudySample>(JsonReader::parse(line, file.string()));
            if (!texts) {
                sample.referenceIds = {};
                sample.writtenIds = {};
                sample.reference = {};
                sample.written = {};
            }
            sample.offset = read.begin + static_cast<std::int64_t>(begin);
            result.cells.samples.push_back(std::move(sample));
        } catch (const Error&) {
            ++result.cells.damaged;
        }
        begin = end + 1;
    }
    return result;
}

RunCells readAllSamples(const fs::path& run, bool texts)
{
    RunCells all;
    FilePosition position;
    for (bool more = true; more;) {
        auto part = readSamples(run / studyCellsName, position, texts);
        if (part.cells.restarted) // the file was replaced meanwhile
            all = {};
        std::move(part.cells.samples.begin(), part.cells.samples.end(), std::back_inserter(all.samples));
        all.damaged += part.cells.damaged;
        position = part.next;
        more = part.more;
    }
    return all;
}

StudySample readSampleAt(const fs::path& run, std::int64_t offset)
{
    const auto file = run / studyCellsName;
    const auto line = readLineAt(file, offset);
    if (line.empty())
        throw Error(ErrorKind::NotFound, file.string() + " has no sample at " + std::to_string(offset) + ".",
                    "Read the study again.");
    auto sample = fromJson<StudySample>(JsonReader::parse(line, file.string()));
    sample.offset = offset;
    return sample;
}

RunInfo describeRun(const fs::path& run)
{
    if (holdsForeignEvents(run) && !isRunFolder(run))
        return describeForeign(run);
    if (!isRunFolder(run))
        throw Error(ErrorKind::NotFound, run.string() + " holds no run.", "It may have been moved or deleted.");
    RunInfo info;
    const auto folder = fs::absolute(run).lexically_normal();
    info.run = (folder.has_filename() ? folder : folder.parent_path()).string();
    info.name = fs::path(info.run).filename().string();
    info.status = statusOf(run);
    info.changed = changedAt(run);
    info.writable = access(run.c_str(), W_OK) == 0;
    return info;
}

RunContent readRun(const ReadRunParams& params)
{
    const fs::path run = params.run;
    RunContent content;
    // First the status: what it says has been written, so that a finished run's last lines are never missed.
    content.info = describeRun(run);
    const auto most = std::clamp<std::int64_t>(params.most, 1, mostAtOnce);
    auto& next = content.position;
    if (content.info.status.kind == RunKind::Foreign) {
        auto read = readForeignEvents(run, params.since.metrics, most);
        content.metrics = {std::move(read.lines), read.restarted};
        content.more = read.more;
        content.info.status.warnings = std::move(read.damage);
        next.metrics = std::move(read.next);
        return content;
    }
    content.metrics = linesOf(run / "metrics.jsonl", params.since.metrics, most, next.metrics, content.more);
    content.samples = linesOf(run / "samples.jsonl", params.since.samples, most, next.samples, content.more);
    content.log = linesOf(run / "log.txt", params.since.log, most, next.log, content.more);
    auto cells = readSamples(run / studyCellsName, params.since.cells, params.texts, most);
    content.cells = std::move(cells.cells);
    next.cells = cells.next;
    content.more = content.more || cells.more;
    if (content.info.status.kind == RunKind::Study) {
        content.study = studyOf(run);
        return content;
    }
    content.events = eventsIn(content.metrics.lines);
    auto job = readAppended(run / "config.json", params.since.config, mostAtOnce);
    content.job = std::move(job.lines);
    next.config = job.next;
    content.checkpoints = checkpointsOf(run, content.info.status);
    return content;
}

} // namespace icae
