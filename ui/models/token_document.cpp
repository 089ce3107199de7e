#include "models/token_document.h"

#include "models/utf16_offsets.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr double greatestNll = 6;
constexpr double greatestEntropy = 5;
constexpr double greatestRank = 1000;

} // namespace

QString readablePiece(const std::string& piece)
{
    auto text = QString::fromStdString(piece);
    if (piece.size() == 6 && text.startsWith(QStringLiteral("<0x")) && text.endsWith(u'>'))
        return QStringLiteral("⟨%1⟩").arg(text.mid(3, 2));
    return text.replace(QChar(0x2581), u' ');
}

int TokenDocument::tokenAt(qsizetype position) const
{
    const auto found = std::find_if(items.begin(), items.end(),
                                    [position](const TokenItem& item) { return item.range.contains(position); });
    return found == items.end() ? -1 : static_cast<int>(found - items.begin());
}

TokenDocument makeTokenDocument(std::vector<ScoredToken> tokens, std::string_view text, bool teacherForced)
{
    TokenDocument document;
    document.teacherForced = teacherForced;
    const Utf16Offsets offsets(text);
    const auto whole = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
    document.columnar = isColumnar(whole);
    document.items.reserve(tokens.size());
    for (const auto& token : tokens) {
        TokenItem item;
        item.range = {offsets.toUtf16(static_cast<std::size_t>(token.begin)),
                      offsets.toUtf16(static_cast<std::size_t>(token.end))};
        item.text = whole.mid(item.range.begin, item.range.size());
        item.special = item.text.isEmpty();
        if (item.special)
            item.text = readablePiece(token.piece);
        item.breaksLine = item.text.contains(u'\n');
        item.text.replace(u'\n', QChar(0x21B5)).replace(u'\t', QChar(0x2192));
        document.items.push_back(std::move(item));
    }
    document.tokens = std::move(tokens);
    return document;
}

double measureOf(const ScoredToken& token, TokenMeasure measure)
{
    switch (measure) {
    case TokenMeasure::Nll:
        return token.nll;
    case TokenMeasure::Entropy:
        return token.entropy;
    case TokenMeasure::Rank:
        return token.rank;
    }
    return 0;
}

double intensityOf(double value, TokenMeasure measure)
{
    switch (measure) {
    case TokenMeasure::Nll:
        return std::clamp(value / greatestNll, 0.0, 1.0);
    case TokenMeasure::Entropy:
        return std::clamp(value / greatestEntropy, 0.0, 1.0);
    case TokenMeasure::Rank:
        return std::clamp(std::log1p(std::max(value, 0.0)) / std::log1p(greatestRank), 0.0, 1.0);
    }
    return 0;
}

double valueAt(double intensity, TokenMeasure measure)
{
    switch (measure) {
    case TokenMeasure::Nll:
        return intensity * greatestNll;
    case TokenMeasure::Entropy:
        return intensity * greatestEntropy;
    case TokenMeasure::Rank:
        return std::expm1(intensity * std::log1p(greatestRank));
    }
    return 0;
}

} // namespace icae
