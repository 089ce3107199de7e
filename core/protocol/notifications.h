#pragma once

#include "protocol/request_id.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

struct CancelParams {
    RequestId id;

    static void describe(auto& value, auto&& field) { field.required("id", value.id); }
};

/// How far a request has come.
struct ProgressNote {
    RequestId id;
    std::string text; ///< what is being done, e.g. "Reconstructing"
    double done = 0; ///< units finished
    double total = 0; ///< units in all; 0 where unknown
    std::string unit; ///< e.g. "tokens"
    std::optional<double> fraction; ///< 0 to 1; absent where the total is unknown
    std::optional<double> rate; ///< units a second; absent until it can be told
    std::optional<double> secondsLeft;

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field("text", value.text);
        field("done", value.done);
        field("total", value.total);
        field("unit", value.unit);
        field("fraction", value.fraction);
        field("rate", value.rate);
        field("seconds_left", value.secondsLeft);
    }
};

/// A stretch of text that a request has just written.
struct StreamedText {
    std::int64_t part = 0; ///< prompts run side by side: which one; 0 where there is but one
    std::int64_t tokens = 0; ///< how many tokens it stands for
    std::string text; ///< to append to that part's text

    static void describe(auto& value, auto&& field)
    {
        field("part", value.part);
        field("tokens", value.tokens);
        field("text", value.text);
    }
};

struct TokensNote {
    RequestId id;
    std::int64_t parts = 1; ///< prompts of the request
    std::vector<StreamedText> pieces; ///< at most one a part

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field("parts", value.parts);
        field("pieces", value.pieces);
    }
};

enum class LogLevel { Info, Warning, Error };

constexpr std::array<const char*, 3> namesOf(LogLevel /*type*/)
{
    return {"info", "warning", "error"};
}

struct LogNote {
    LogLevel level = LogLevel::Info;
    std::string message; ///< a sentence
    std::string details;

    static void describe(auto& value, auto&& field)
    {
        field("level", value.level);
        field("message", value.message);
        field("details", value.details);
    }
};

} // namespace icae
