#include "runs/event_file.h"

#include "runs/crc32c.h"

#include <array>
#include <chrono>
#include <cstring>

#include <unistd.h>

namespace icae {

namespace {

template <typename T> std::string raw(T value)
{
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::string varint(std::uint64_t value)
{
    std::string bytes;
    for (; value >= 0x80U; value >>= 7U)
        bytes.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    bytes.push_back(static_cast<char>(value));
    return bytes;
}

enum class Wire { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

std::string key(unsigned field, Wire wire)
{
    return varint(field << 3U | static_cast<unsigned>(wire));
}

std::string bytesField(unsigned field, std::string_view value)
{
    return key(field, Wire::Bytes) + varint(value.size()) + std::string(value);
}

double wallTime()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

EventFile::EventFile(const std::filesystem::path& folder)
{
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const auto name = "events.out.tfevents." + std::to_string(static_cast<std::int64_t>(wallTime())) + "." + host.data()
        + "." + std::to_string(getpid());
    m_file.open(folder / name, std::ios::binary);
    // Event: wall_time = 1, file_version = 3.
    record(key(1, Wire::Fixed64) + raw(wallTime()) + bytesField(3, "brain.Event:2"));
    flush();
}

void EventFile::scalar(std::string_view tag, double value, std::int64_t step)
{
    // Summary.Value: tag = 1, simple_value = 2. Summary: value = 1. Event: step = 2, summary = 5.
    const auto summary = bytesField(1, bytesField(1, tag) + key(2, Wire::Fixed32) + raw(static_cast<float>(value)));
    record(key(1, Wire::Fixed64) + raw(wallTime()) + key(2, Wire::Varint) + varint(static_cast<std::uint64_t>(step))
           + bytesField(5, summary));
}

void EventFile::restart(std::int64_t step)
{
    // SessionLog: status = 1, START = 1. Event: step = 2, session_log = 7.
    record(key(1, Wire::Fixed64) + raw(wallTime()) + key(2, Wire::Varint) + varint(static_cast<std::uint64_t>(step))
           + bytesField(7, key(1, Wire::Varint) + varint(1)));
    flush();
}

void EventFile::record(const std::string& event)
{
    const auto length = raw(static_cast<std::uint64_t>(event.size()));
    m_file << length << raw(maskedCrc32c(length)) << event << raw(maskedCrc32c(event));
}

void EventFile::flush()
{
    m_file.flush();
}

} // namespace icae
