#pragma once

#include <QString>

#include <vector>

namespace icae {

/// A text to try the model with.
struct SampleText {
    QString id; ///< e.g. "ferry"
    QString title;
    QString hint; ///< what it is good for
};

/// Texts of several kinds, then generated ones, which no model can know (the ICAE paper's Table 3).
std::vector<SampleText> sampleTexts();

/// The text of a sample; generated ones are the same each time. Unknown ids give an empty text.
QString sampleText(const QString& id);

/// Each letter exchanged for the next of the alphabet: the patterns of the language stay, its words do not.
QString shiftLetters(const QString& text);

} // namespace icae
