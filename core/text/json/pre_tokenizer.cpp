#include "text/json/pre_tokenizer.h"

#include "text/json/normalizer.h"
#include "text/json/unsupported.h"

#include <algorithm>
#include <array>

namespace icae {

namespace {

// ByteLevel's own cuts: GPT-2's.
constexpr auto gpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr auto whitespaceWords = R"([\w\x{200c}\x{200d}]+|[^\w\s\x{200c}\x{200d}]+)"; // Rust's \w holds the joiners
constexpr auto punctuation = R"([!-/:-@\[-`{-~\p{P}])";

/// Expressions of published tokenizers for which PreTokenizer::cutsAtWords() was checked: no alternative has a letter
/// before a space, a line break or a mark, none looks behind, and only white space looks ahead.
constexpr std::array cuttable{
    gpt2Words,
    R"(\p{N})",
    R"(\p{N}+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
};

} // namespace

PreTokenizer PreTokenizer::read(const JsonReader& json)
{
    PreTokenizer result;
    if (json.has("pre_tokenizer"))
        result.readStep(json.object("pre_tokenizer"));
    return result;
}

void PreTokenizer::readStep(const JsonReader& json)
{
    const auto type = json.text("type");
    if (type == "Sequence") {
        for (const auto& part : json.objects("pretokenizers"))
            readStep(part);
        return;
    }
    if (m_byteLevel)
        unsupportedTokenizer(json.source(), "the pre-tokenizer \"" + type + "\" behind ByteLevel");
    if (type == "ByteLevel")
        readByteLevel(json);
    else if (type == "Metaspace")
        readMetaspace(json);
    else
        readCuts(json, type);
}

void PreTokenizer::readByteLevel(const JsonReader& json)
{
    m_byteLevel = true;
    Step step;
    if (json.boolean("add_prefix_space", true)) {
        step.front = " ";
        step.prepend = Prepend::Always;
    }
    if (json.boolean("use_regex", true))
        step.pattern = std::make_shared<const Pattern>(Pattern::expression(gpt2Words, json.source()));
    if (step.pattern || !step.front.empty())
        m_steps.push_back(std::move(step));
}

void PreTokenizer::readMetaspace(const JsonReader& json)
{
    Step step;
    step.space = json.text("replacement");
    step.front = step.space;
    // The older spelling has add_prefix_space alone.
    const auto scheme = json.text("prepend_scheme", json.boolean("add_prefix_space", true) ? "always" : "never");
    if (scheme != "always" && scheme != "first" && scheme != "never")
        json.fail("prepend_scheme", "always, first or never");
    step.prepend = scheme == "always" ? Prepend::Always : scheme == "first" ? Prepend::First : Prepend::Never;
    if (json.boolean("split", true)) {
        step.pattern = std::make_shared<const Pattern>(Pattern::literal(step.space));
        step.behaviour = Behaviour::MergedWithNext;
    }
    m_steps.push_back(std::move(step));
}

PreTokenizer::Behaviour PreTokenizer::behaviourOf(const JsonReader& json)
{
    constexpr std::array names{"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    return static_cast<Behaviour>(json.oneOf("behavior", {names.begin(), names.end()}));
}

void PreTokenizer::readCuts(const JsonReader& json, const std::string& type)
{
    Step step;
    const auto expression = [&](const char* text) {
        step.pattern = std::make_shared<const Pattern>(Pattern::expression(text, json.source()));
    };
    if (type == "Split") {
        step.pattern = std::make_shared<const Pattern>(readPattern(json, "pattern"));
        step.behaviour = behaviourOf(json);
        step.inverted = json.boolean("invert", false);
    } else if (type == "Digits") {
        expression(R"(\p{N})");
        step.behaviour = json.boolean("individual_digits", false) ? Behaviour::Isolated : Behaviour::Contiguous;
    } else if (type == "Punctuation") {
        expression(punctuation);
        step.behaviour = json.has("behavior") ? behaviourOf(json) : Behaviour::Isolated;
    } else if (type == "Whitespace") {
        expression(whitespaceWords);
        step.behaviour = Behaviour::Removed;
        step.inverted = true;
    } else if (type == "WhitespaceSplit") {
        expression(R"(\s)");
        step.behaviour = Behaviour::Removed;
    } else {
        unsupportedTokenizer(json.source(), "the pre-tokenizer \"" + type + "\"");
    }
    m_steps.push_back(std::move(step));
}

/// Replaces spaces within the words and sets marks in front of them; the words move along.
void PreTokenizer::setInFront(const Step& step, AlignedText& text, std::vector<Word>& words, bool atStart)
{
    const auto& whole = text.text();
    std::vector<AlignedText::Edit> edits;
    std::size_t grown = 0;
    for (auto& word : words) {
        const auto own = std::string_view(whole).substr(word.begin, word.end - word.begin);
        const Word old = word;
        word.begin += grown;
        const bool has = own.starts_with(step.front) || (!step.space.empty() && own.starts_with(" "));
        const bool wanted =
            step.prepend == Prepend::Always || (step.prepend == Prepend::First && atStart && old.begin == 0);
        if (wanted && !has) {
            edits.push_back({old.begin, old.begin, step.front});
            grown += step.front.size();
        }
        if (!step.space.empty())
            for (auto at = own.find(' '); at != std::string_view::npos; at = own.find(' ', at + 1)) {
                edits.push_back({old.begin + at, old.begin + at + 1, step.space});
                grown += step.space.size() - 1;
            }
        word.end += grown;
    }
    text.apply(edits);
}

std::vector<PreTokenizer::Word> PreTokenizer::cut(const Step& step, const std::string& text,
                                                  const std::vector<Word>& words, PatternScratch& scratch)
{
    std::vector<Word> result;
    for (const auto& word : words) {
        const auto own = std::string_view(text).substr(word.begin, word.end - word.begin);
        const auto first = result.size();
        bool previous = false; // what came before was looked for
        // Pieces come from left to right; what is looked for is kept, dropped or joined to a neighbour.
        const auto add = [&](std::size_t begin, std::size_t end, bool matches) {
            const Word piece{word.begin + begin, word.begin + end};
            const bool sought = matches != step.inverted;
            bool joins = false;
            switch (step.behaviour) {
            case Behaviour::Removed:
                if (sought)
                    return;
                break;
            case Behaviour::Isolated:
                break;
            case Behaviour::Contiguous:
                joins = sought == previous;
                break;
            case Behaviour::MergedWithPrevious:
                joins = sought && !previous;
                break;
            case Behaviour::MergedWithNext:
                joins = previous && !sought;
                break;
            }
            if (joins && result.size() > first)
                result.back().end = piece.end;
            else
                result.push_back(piece);
            previous = sought;
        };
        std::size_t done = 0;
        step.pattern->forEach(own, scratch, [&](const Pattern::Match& match) {
            if (done < match.begin)
                add(done, match.begin, false);
            add(match.begin, match.end, true);
            done = match.end;
        });
        if (done < own.size())
            add(done, own.size(), false);
    }
    std::erase_if(result, [](const Word& word) { return word.begin == word.end; });
    return result;
}

std::vector<PreTokenizer::Word> PreTokenizer::apply(AlignedText& text, bool atStart, PatternScratch& scratch) const
{
    std::vector<Word> words{{0, text.text().size()}};
    for (const auto& step : m_steps) {
        if (!step.front.empty())
            setInFront(step, text, words, atStart);
        if (step.pattern)
            words = cut(step, text.text(), words, scratch);
    }
    return words;
}

bool PreTokenizer::keepsTextsWhole() const
{
    return std::none_of(m_steps.begin(), m_steps.end(), [](const Step& step) { return step.pattern != nullptr; });
}

bool PreTokenizer::marksSpaces(std::string_view mark) const
{
    return std::any_of(m_steps.begin(), m_steps.end(), [&](const Step& step) { return step.space == mark; });
}

bool PreTokenizer::cutsAtWords() const
{
    return std::all_of(m_steps.begin(), m_steps.end(), [](const Step& step) {
        return step.front.empty() && step.pattern && !step.pattern->isLiteral() && step.behaviour != Behaviour::Removed
            && step.behaviour != Behaviour::MergedWithPrevious && step.behaviour != Behaviour::MergedWithNext
            && !step.inverted && std::find(cuttable.begin(), cuttable.end(), step.pattern->given()) != cuttable.end();
    });
}

} // namespace icae
