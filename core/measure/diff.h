#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

enum class DiffKind { Equal, Deleted, Inserted, Replaced };

/// A stretch of both texts that is equal, missing, added or exchanged. Byte ranges; empty where a side has nothing.
struct DiffHunk {
    DiffKind kind = DiffKind::Equal;
    std::size_t referenceBegin = 0;
    std::size_t referenceEnd = 0;
    std::size_t hypothesisBegin = 0;
    std::size_t hypothesisEnd = 0;
};

/// One sentence of the reference beside what stands for it in the hypothesis. Rows follow each other on both sides and
/// together cover both texts; so do the hunks of a row.
struct DiffRow {
    std::size_t referenceBegin = 0;
    std::size_t referenceEnd = 0;
    std::size_t hypothesisBegin = 0;
    std::size_t hypothesisEnd = 0;
    std::vector<DiffHunk> hunks;
};

struct TextDiff {
    std::vector<DiffRow> rows;
    std::size_t differences = 0; ///< hunks that are not equal
};

/// A word, a punctuation mark or a run of white space. CJK characters are words of their own; combining marks stay with
/// the character before them.
struct Word {
    std::size_t begin = 0; ///< byte range
    std::size_t end = 0;
    bool space = false;
};

/// Words, marks and spaces; together they cover the text.
std::vector<Word> splitWords(std::string_view text);

/// Ends of the sentences (byte offsets, each behind the white space that follows, but for the indentation of a line);
/// the last is the text's size. A line break ends a sentence, abbreviations and decimal points do not.
std::vector<std::size_t> sentenceEnds(std::string_view text);

/// Aligns two texts on their words and marks (Wu et al. 1990, through libdtl), a sentence a row.
TextDiff diffTexts(std::string_view reference, std::string_view hypothesis);

/// The diff for a terminal: deleted orange and struck through, inserted blue and underlined; without colours
/// [-deleted-] and {+inserted+}. With colours, which only people see, it says so where nothing differs.
/// @param shown what stands for a stretch of the texts, in their order; as it is where there is none
std::string renderDiff(const TextDiff& diff, std::string_view reference, std::string_view hypothesis, bool colours,
                       const std::function<std::string(std::string_view)>& shown = {});

} // namespace icae
