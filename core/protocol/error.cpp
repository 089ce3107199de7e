#include "protocol/error.h"

#include <array>
#include <utility>

namespace icae {

namespace {

constexpr std::array<std::pair<ErrorKind, const char*>, 10> kindNames{{
    {ErrorKind::InvalidInput, "invalid_input"},
    {ErrorKind::NotFound, "not_found"},
    {ErrorKind::Unsupported, "unsupported"},
    {ErrorKind::Mismatch, "mismatch"},
    {ErrorKind::Io, "io"},
    {ErrorKind::OutOfMemory, "out_of_memory"},
    {ErrorKind::Device, "device"},
    {ErrorKind::Cancelled, "cancelled"},
    {ErrorKind::EngineLost, "engine_lost"},
    {ErrorKind::Internal, "internal"},
}};

} // namespace

Error::Error(ErrorKind kind, const std::string& message, std::string remedy, std::string details)
    : std::runtime_error(message)
    , m_kind(kind)
    , m_remedy(std::move(remedy))
    , m_details(std::move(details))
{
}

const char* errorKindName(ErrorKind kind) noexcept
{
    for (const auto& [value, name] : kindNames)
        if (value == kind)
            return name;
    return kindNames.back().second;
}

ErrorKind errorKindNamed(std::string_view name) noexcept
{
    for (const auto& [value, known] : kindNames)
        if (name == known)
            return value;
    return ErrorKind::Internal;
}

} // namespace icae
