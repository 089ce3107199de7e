#include "protocol/request_id.h"

namespace icae {

nlohmann::json RequestId::toJson() const
{
    if (const auto* number = std::get_if<std::int64_t>(&m_value))
        return *number;
    if (const auto* text = std::get_if<std::string>(&m_value))
        return *text;
    return nullptr;
}

RequestId RequestId::read(const JsonReader& reader, std::string_view key)
{
    const auto& value = reader.at(key);
    if (value.is_string())
        return RequestId(value.get<std::string>());
    if (value.is_number_integer())
        return {reader.integer(key, INT64_MIN, INT64_MAX)};
    reader.fail(key, "a whole number or a text");
}

} // namespace icae
