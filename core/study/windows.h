#pragma once

#include "icae/model.h"
#include "protocol/study.h"
#include "study/texts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace icae {

/// A stretch of a text that is measured.
struct StudyWindow {
    std::string text; ///< id
    std::int64_t begin = 0; ///< bytes in the text; 0 and 0 where the ids are no text's
    std::int64_t end = 0;
    TokenIds ids;
};

/// Cuts each text, encoded as the adapter's contexts are, into consecutive windows of exactly `tokens` tokens, at most
/// the first 4 a text, and takes the first `most` of all: as windowsOf() does.
std::vector<StudyWindow> cutWindows(const Model& model, const std::vector<StudyText>& texts, std::int64_t tokens,
                                    std::int64_t most);

/// The same bytes as this model reads them.
std::vector<StudyWindow> sameBytes(const Model& model, const std::vector<StudyText>& texts,
                                   std::vector<StudyWindow> windows);

/// The windows with their content changed or replaced, each as long as before; the same for the same seed.
/// Patterned and Random stay within the normal pieces of the vocabulary: no control, byte or unknown piece.
/// @throws Error (InvalidInput) where texts of that content are too short
std::vector<StudyWindow> withContent(const Model& model, std::vector<StudyWindow> windows, StudyContent content,
                                     std::int64_t seed);

/// A text of generated code, a table or numbers of at least so many bytes.
std::string generatedText(StudyContent content, std::int64_t seed, std::size_t bytes);

} // namespace icae
