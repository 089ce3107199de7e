#pragma once

#include "models/diff_document.h"
#include "protocol/reconstruction.h"

#include <memory>
#include <vector>

namespace icae {

/// What a token's colour stands for.
enum class TokenMeasure {
    Nll, ///< −ln p(token), nats
    Entropy, ///< of the distribution the token was taken from, nats
    Rank, ///< how many tokens were likelier
};

/// A token, ready to be shown.
struct TokenItem {
    QString text; ///< as painted: spaces as such, line breaks as ↵, parts of characters as ⟨E2⟩
    TextRange range; ///< in the text; empty for EOS and for parts of characters
    bool breaksLine = false; ///< holds a line break
    bool special = false; ///< stands for no text of its own
};

/// A text as rated tokens: the source teacher-forced, or what was written as it was written. Immutable.
struct TokenDocument {
    std::vector<ScoredToken> tokens;
    std::vector<TokenItem> items; ///< one a token
    bool teacherForced = false;
    bool columnar = false; ///< a table or code: see isColumnar()

    /// Index of the token at a position of the text; −1 where there is none.
    int tokenAt(qsizetype position) const;
};

using TokenDocumentPtr = std::shared_ptr<const TokenDocument>;

/// @param text UTF-8; what the tokens' byte ranges refer to
TokenDocument makeTokenDocument(std::vector<ScoredToken> tokens, std::string_view text, bool teacherForced);

double measureOf(const ScoredToken& token, TokenMeasure measure);
/// 0 (certain) to 1 for the colour map: NLL over 6 nats, entropy over 5, rank logarithmic to 1,000.
double intensityOf(double value, TokenMeasure measure);
/// The value that belongs to an intensity; the inverse.
double valueAt(double intensity, TokenMeasure measure);

/// A piece as people read it: "▁the" as " the", "<0x0A>" as "⟨0A⟩".
QString readablePiece(const std::string& piece);

} // namespace icae
