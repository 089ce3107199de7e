#pragma once

#include "protocol/json.h"
#include "text/json/aligned_text.h"
#include "text/json/pattern.h"

#include <memory>
#include <vector>

namespace icae {

/// How a tokenizer.json cuts a normalised text into words, within which tokens are made ("pre_tokenizer").
class PreTokenizer {
public:
    struct Word {
        std::size_t begin = 0; ///< bytes of the text
        std::size_t end = 0;
    };

    /// @param json the file; its "pre_tokenizer" may be null: the whole text is one word
    /// @throws Error (Unsupported) naming a step that is not known; (InvalidInput)
    static PreTokenizer read(const JsonReader& json);

    /// Cuts a text, which may be given spaces or marks in front of words.
    /// @param atStart the text stands at the start of everything
    std::vector<Word> apply(AlignedText& text, bool atStart, PatternScratch& scratch) const;

    bool isByteLevel() const { return m_byteLevel; } ///< words are bytes, not characters
    /// Whether every text is cut before a single space between two ASCII letters, before a line break behind an ASCII
    /// letter, and before a comma or stop behind an ideograph, and what comes before and after is cut as on its own.
    bool cutsAtWords() const;
    bool keepsTextsWhole() const; ///< a text is one word
    bool marksSpaces(std::string_view mark) const; ///< writes it for every space

private:
    enum class Behaviour { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };
    enum class Prepend { Never, First, Always };
    struct Step {
        std::shared_ptr<const Pattern> pattern; ///< where to cut; none: nowhere
        Behaviour behaviour = Behaviour::Isolated;
        bool inverted = false; ///< what does not match is what is looked for
        std::string space; ///< what stands for a space; empty: itself
        std::string front; ///< what is set in front of words that do not begin with it
        Prepend prepend = Prepend::Never;
    };
    void readStep(const JsonReader& json);
    void readByteLevel(const JsonReader& json);
    void readMetaspace(const JsonReader& json);
    void readCuts(const JsonReader& json, const std::string& type);
    static void setInFront(const Step& step, AlignedText& text, std::vector<Word>& words, bool atStart);
    static std::vector<Word> cut(const Step& step, const std::string& text, const std::vector<Word>& words,
                                 PatternScratch& scratch);
    static Behaviour behaviourOf(const JsonReader& json);

    std::vector<Step> m_steps;
    bool m_byteLevel = false;
};

} // namespace icae
