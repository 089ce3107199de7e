#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace icae {

/// What went wrong, as far as a program may act on it (exit codes, retry, greyed-out controls).
enum class ErrorKind {
    InvalidInput, ///< the user's text, file or option cannot be used as it is
    NotFound, ///< a file or folder is missing
    Unsupported, ///< a model, format or option this program does not implement
    Mismatch, ///< two things that do not belong together (adapter and base, memory and adapter)
    Io, ///< reading or writing failed, a full disk included
    OutOfMemory, ///< host or device memory ran out
    Device, ///< a device is missing or failed
    Cancelled, ///< stopped on request
    EngineLost, ///< the engine's process ended before it answered
    Internal, ///< a defect of this program
};

/// The one exception type that crosses room boundaries: a sentence for the user, a remedy, and details to copy.
class Error : public std::runtime_error {
public:
    /// @param message one sentence: what happened, with the names involved
    /// @param remedy one sentence: what to do about it; may be empty where nothing can be done
    /// @param details technical context for a bug report; may be empty
    Error(ErrorKind kind, const std::string& message, std::string remedy, std::string details = {});

    ErrorKind kind() const noexcept { return m_kind; }
    std::string message() const { return what(); }
    const std::string& remedy() const noexcept { return m_remedy; }
    const std::string& details() const noexcept { return m_details; }

private:
    ErrorKind m_kind;
    std::string m_remedy;
    std::string m_details;
};

/// Name of a kind as it appears in JSON, e.g. "out_of_memory".
const char* errorKindName(ErrorKind kind) noexcept;
/// The kind of that name; Internal where there is none.
ErrorKind errorKindNamed(std::string_view name) noexcept;

} // namespace icae
