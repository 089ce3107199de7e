#include "runs/event_reader.h"

#include "protocol/json_text.h"
#include "runs/event_record.h"
#include "runs/run_status.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view namePart = "tfevents";
constexpr std::int64_t longestRecord = std::int64_t{64} << 20U; // larger ones hold pictures, and are passed over
constexpr std::int64_t chunk = std::int64_t{1} << 20U;
constexpr std::int64_t stillSeconds = 120; // after which nobody seems to write there any more

std::vector<fs::path> eventFiles(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code fault;
    for (auto it = fs::directory_iterator(folder, fault); !fault && it != fs::directory_iterator(); it.increment(fault))
        if (std::error_code ignored;
            it->path().filename().string().find(namePart) != std::string::npos && it->is_regular_file(ignored))
            files.push_back(it->path());
    std::sort(files.begin(), files.end());
    return files;
}

using Offsets = std::map<std::string, std::int64_t>;

/// "offset name/offset name/…": no name has a slash.
std::string asVersion(const Offsets& offsets)
{
    std::string version;
    for (const auto& [name, offset] : offsets)
        version += std::to_string(offset) + " " + name + "/";
    return version;
}

Offsets asOffsets(std::string_view version)
{
    Offsets offsets;
    while (!version.empty()) {
        const auto end = std::min(version.find('/'), version.size());
        const auto part = version.substr(0, end);
        std::int64_t offset = 0;
        const auto [rest, fault] = std::from_chars(part.data(), part.data() + part.size(), offset);
        const auto used = static_cast<std::size_t>(rest - part.data());
        if (fault == std::errc() && used < part.size())
            offsets[std::string(part.substr(used + 1))] = offset;
        version.remove_prefix(std::min(end + 1, version.size()));
    }
    return offsets;
}

/// Gathers what follows each other at one step.
class Lines {
public:
    void add(const ScalarEvent& event)
    {
        if (event.restarts) {
            flush();
            m_text += jsonText({{"step", event.step}, {"restart", true}}) + "\n";
        }
        for (const auto& [tag, value] : event.values) {
            if (m_line.is_null() || m_line["step"] != event.step || m_line["values"].contains(tag)) {
                flush();
                m_line = {{"step", event.step}, {"wall_time", event.wallTime}, {"values", nlohmann::json::object()}};
            }
            m_line["values"][tag] = std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
        }
    }

    std::string take()
    {
        flush();
        return std::move(m_text);
    }

private:
    void flush()
    {
        if (!m_line.is_null())
            m_text += jsonText(m_line) + "\n";
        m_line = nullptr;
    }

    nlohmann::json m_line;
    std::string m_text;
};

/// Reads one file on from an offset.
class EventStream {
public:
    EventStream(const fs::path& file, std::int64_t offset)
        : m_path(file)
        , m_file(file, std::ios::binary)
        , m_offset(offset)
    {
        std::error_code fault;
        const auto size = fs::file_size(file, fault);
        m_size = fault ? 0 : static_cast<std::int64_t>(size);
    }

    std::int64_t offset() const { return m_offset; }
    /// Why the rest cannot be read; empty where it can.
    const std::string& damage() const { return m_damage; }

    /// @param most bytes, about; what was read is taken off. @return false where nothing whole is left
    bool read(std::int64_t& most, Lines& lines)
    {
        while (most > 0 && m_offset < m_size && m_damage.empty()) {
            const auto before = m_offset;
            part(std::min({chunk, m_size - m_offset}), lines);
            if (m_offset == before)
                return false;
            most -= m_offset - before;
        }
        return m_offset < m_size && m_damage.empty();
    }

private:
    void part(std::int64_t size, Lines& lines)
    {
        std::string bytes(static_cast<std::size_t>(size), '\0');
        m_file.clear();
        m_file.seekg(m_offset);
        m_file.read(bytes.data(), size);
        bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, m_file.gcount())));
        std::string_view rest(bytes);
        std::int64_t needed = 0;
        for (bool going = true; going;) {
            const auto record = takeRecord(rest);
            going = record.state == TakenRecord::State::Whole;
            if (going) {
                if (const auto event = parseScalarEvent(record.data))
                    lines.add(*event);
                rest.remove_prefix(record.size);
                m_offset += static_cast<std::int64_t>(record.size);
            } else if (record.state == TakenRecord::State::Damaged) {
                m_damage = m_path.string() + " is damaged after " + std::to_string(m_offset)
                    + " bytes: what follows is not shown.";
            } else if (rest.size() == bytes.size()) { // not one whole record
                needed = static_cast<std::int64_t>(std::min<std::uint64_t>(record.size, INT64_MAX));
            }
        }
        if (needed <= size || needed > m_size - m_offset)
            return; // it waits for its end
        if (needed > longestRecord)
            m_offset += needed;
        else
            part(needed, lines);
    }

    const fs::path& m_path;
    std::ifstream m_file;
    std::int64_t m_offset;
    std::int64_t m_size = 0;
    std::string m_damage;
};

} // namespace

bool holdsForeignEvents(const fs::path& folder)
{
    std::error_code fault;
    return !fs::exists(folder / runStatusName, fault) && !fs::exists(folder / "lock", fault)
        && !eventFiles(folder).empty();
}

ReadEvents readForeignEvents(const fs::path& folder, const FilePosition& since, std::int64_t most)
{
    ReadEvents result;
    const auto files = eventFiles(folder);
    auto before = asOffsets(since.version);
    for (const auto& [name, offset] : before) {
        std::error_code fault;
        const auto size = fs::file_size(folder / name, fault);
        result.restarted = result.restarted || fault || static_cast<std::int64_t>(size) < offset;
    }
    if (result.restarted)
        before.clear();
    Lines lines;
    Offsets after;
    for (const auto& file : files) {
        const auto name = file.filename().string();
        EventStream stream(file, before.contains(name) ? before.at(name) : 0);
        if (stream.read(most, lines))
            result.more = result.more || most <= 0;
        after[name] = stream.offset();
        result.next.offset += stream.offset();
        if (!stream.damage().empty())
            result.damage.push_back(stream.damage());
    }
    result.next.version = asVersion(after);
    result.lines = lines.take();
    return result;
}

RunInfo describeForeign(const fs::path& folder)
{
    RunInfo info;
    const auto path = fs::absolute(folder).lexically_normal();
    info.run = (path.has_filename() ? path : path.parent_path()).string();
    info.name = fs::path(info.run).filename().string();
    info.status.kind = RunKind::Foreign;
    info.status.stage = "TensorBoard";
    for (const auto& file : eventFiles(folder)) {
        std::error_code fault;
        const auto time = fs::last_write_time(file, fault);
        if (!fault)
            info.changed = std::max<std::int64_t>(info.changed,
                                                  std::chrono::duration_cast<std::chrono::seconds>(
                                                      std::chrono::file_clock::to_sys(time).time_since_epoch())
                                                      .count());
    }
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    info.status.state = now - info.changed < stillSeconds ? RunState::Running : RunState::Finished;
    return info;
}

} // namespace icae
