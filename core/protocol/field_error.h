#pragma once

#include "protocol/error.h"

#include <string>
#include <utility>

namespace icae {

/// The fault of one field of a file.
class FieldError : public Error {
public:
    /// @param field its full name, e.g. "adapter.lora.r"; the rest as Error
    FieldError(ErrorKind kind, std::string field, const std::string& message, std::string remedy,
               std::string details = {})
        : Error(kind, message, std::move(remedy), std::move(details))
        , m_field(std::move(field))
    {
    }

    const std::string& field() const noexcept { return m_field; }

private:
    std::string m_field;
};

} // namespace icae
