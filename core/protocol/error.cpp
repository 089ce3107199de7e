#include "protocol/error.h"

#include <utility>

namespace icae {

Error::Error(ErrorKind kind, const std::string& message, std::string remedy, std::string details)
    : std::runtime_error(message)
    , m_kind(kind)
    , m_remedy(std::move(remedy))
    , m_details(std::move(details))
{
}

const char* errorKindName(ErrorKind kind) noexcept
{
    switch (kind) {
    case ErrorKind::InvalidInput:
        return "invalid_input";
    case ErrorKind::NotFound:
        return "not_found";
    case ErrorKind::Unsupported:
        return "unsupported";
    case ErrorKind::Mismatch:
        return "mismatch";
    case ErrorKind::Io:
        return "io";
    case ErrorKind::OutOfMemory:
        return "out_of_memory";
    case ErrorKind::Device:
        return "device";
    case ErrorKind::Cancelled:
        return "cancelled";
    case ErrorKind::Internal:
        return "internal";
    }
    return "internal";
}

} // namespace icae
