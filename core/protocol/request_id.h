#pragma once

#include "protocol/json.h"

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

namespace icae {

/// What a JSON-RPC request calls itself: a whole number or a text; or nothing.
class RequestId {
public:
    RequestId() = default;
    RequestId(std::int64_t number) // NOLINT(google-explicit-constructor): a number is an id
        : m_value(number)
    {
    }
    explicit RequestId(std::string text)
        : m_value(std::move(text))
    {
    }

    bool isNull() const { return std::holds_alternative<std::monostate>(m_value); }
    /// The number; -1 where the id is none.
    std::int64_t number() const
    {
        const auto* number = std::get_if<std::int64_t>(&m_value);
        return number == nullptr ? -1 : *number;
    }

    nlohmann::json toJson() const;
    /// @throws Error (InvalidInput) where the field is neither a whole number nor a text
    static RequestId read(const JsonReader& reader, std::string_view key);

    auto operator<=>(const RequestId&) const = default;

private:
    std::variant<std::monostate, std::int64_t, std::string> m_value;
};

} // namespace icae
