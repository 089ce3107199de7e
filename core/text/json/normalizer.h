#pragma once

#include "protocol/json.h"
#include "text/json/aligned_text.h"
#include "text/json/pattern.h"

#include <memory>
#include <vector>

namespace icae {

/// What a tokenizer.json does to a text before it is cut ("normalizer").
class Normalizer {
public:
    /// @param json the file; its "normalizer" may be null
    /// @throws Error (Unsupported) naming a step that is not known; (InvalidInput)
    static Normalizer read(const JsonReader& json);

    /// @param atStart false for a later part of a text: nothing is set in front of it then
    void apply(AlignedText& text, bool atStart, PatternScratch& scratch) const;
    std::string applied(std::string_view text, PatternScratch& scratch) const;

    /// Whether a text may be cut before a space or line break between letters, and its parts treated one by one.
    bool actsLocally() const;
    bool prepends() const; ///< sets something in front of a text
    bool marksSpaces(std::string_view mark) const; ///< writes it for every space

private:
    enum class Kind { Nfc, Nfd, Nfkc, Nfkd, Prepend, Replace, Strip, Lowercase };
    struct Step {
        Kind kind = Kind::Nfc;
        std::string text; ///< what is prepended, or set in place
        std::shared_ptr<const Pattern> pattern; ///< Replace
        bool left = false; ///< Strip
        bool right = false;
    };
    void readStep(const JsonReader& json);

    std::vector<Step> m_steps;
};

/// A Pattern as tokenizer.json writes it: {"String": …} or {"Regex": …}.
Pattern readPattern(const JsonReader& json, std::string_view key);

} // namespace icae
