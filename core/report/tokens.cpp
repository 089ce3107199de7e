#include "report/report.h"

#include "report/csv_cell.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace icae {

namespace {

constexpr const char* lineEnd = "\r\n"; // RFC 4180

std::string number(double value)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value); // NOLINT: the shortest way to six digits
    return text.data();
}

} // namespace

std::string tokensCsv(const Reconstruction& reconstruction)
{
    std::size_t alternatives = 0;
    for (const auto* tokens : {&reconstruction.freeTokens, &reconstruction.forcedTokens})
        for (const auto& token : *tokens)
            alternatives = std::max(alternatives, token.alternatives.size());
    std::string csv = "list,index_from_0,span_from_0,id,piece,begin_byte_from_0,end_byte,nll,entropy,rank_from_0";
    for (std::size_t i = 1; i <= alternatives; ++i)
        csv += ",alternative_" + std::to_string(i) + ",probability_" + std::to_string(i);
    csv += lineEnd;
    const auto add = [&](const std::string& list, const std::vector<ScoredToken>& tokens) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const auto& token = tokens[i];
            csv += list + "," + std::to_string(i) + "," + std::to_string(token.span) + "," + std::to_string(token.id)
                + "," + csvCell(token.piece) + "," + std::to_string(token.begin) + "," + std::to_string(token.end) + ","
                + number(token.nll) + "," + number(token.entropy) + "," + std::to_string(token.rank);
            for (std::size_t a = 0; a < alternatives; ++a)
                csv += a < token.alternatives.size()
                    ? "," + csvCell(token.alternatives[a].piece) + "," + number(token.alternatives[a].probability)
                    : ",,";
            csv += lineEnd;
        }
    };
    add("free", reconstruction.freeTokens);
    add("forced", reconstruction.forcedTokens);
    return csv;
}

} // namespace icae
