#include "text/json/json_tokenizer.h"

#include "protocol/error.h"
#include "text/json/byte_alphabet.h"
#include "text/json/unsupported.h"
#include "text/text_parts.h"
#include "text/utf8.h"

#include <algorithm>
#include <utility>

namespace icae {

namespace {

constexpr std::string_view spaceMark = "\u2581";

std::string repeated(std::string_view text, char what, std::string_view instead)
{
    std::string result;
    for (const char c : text)
        c == what ? result.append(instead) : result.append(1, c);
    return result;
}

/// Bytes for a person to read: spaces as "▁", what is no whole character as <0x41>.
std::string shown(std::string_view bytes)
{
    std::string result;
    while (!bytes.empty()) {
        const auto whole = firstInvalidUtf8(bytes).value_or(bytes.size());
        result += repeated(bytes.substr(0, whole), ' ', spaceMark);
        bytes.remove_prefix(whole);
        if (bytes.empty())
            break;
        result += fallbackOfByte(static_cast<unsigned char>(bytes.front()));
        bytes.remove_prefix(1);
    }
    return result;
}

} // namespace

/// Working memory for one call: an idle one, or a new one.
class JsonTokenizer::Borrowed {
public:
    explicit Borrowed(const JsonTokenizer& owner)
        : m_owner(owner)
    {
        const std::scoped_lock lock(owner.m_mutex);
        if (!owner.m_idle.empty()) {
            m_scratch = std::move(owner.m_idle.back());
            owner.m_idle.pop_back();
        }
    }
    ~Borrowed()
    {
        if (m_scratch == nullptr)
            return;
        const std::scoped_lock lock(m_owner.m_mutex);
        m_owner.m_idle.push_back(std::move(m_scratch));
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    Scratch& get()
    {
        if (m_scratch == nullptr)
            m_scratch = std::make_unique<Scratch>();
        return *m_scratch;
    }

private:
    const JsonTokenizer& m_owner;
    std::unique_ptr<Scratch> m_scratch;
};

JsonTokenizer::JsonTokenizer(std::string_view text, const std::string& source)
{
    auto json = JsonReader::parse(text, source);
    m_normalizer = Normalizer::read(json);
    m_preTokenizer = PreTokenizer::read(json);
    if (json.has("post_processor"))
        readAffixes(json.object("post_processor"));
    PatternScratch scratch;
    m_added = std::make_unique<const AddedTokens>(json, m_normalizer, scratch);
    m_decoder = TokenDecoder::read(json);
    m_pairs = std::make_unique<const BytePairs>(json.takeObject("model"), m_preTokenizer.isByteLevel());
    readTokens();

    const bool local = m_normalizer.actsLocally() && m_added->liesWithinWords();
    m_wholeTexts = !m_preTokenizer.isByteLevel() && m_preTokenizer.keepsTextsWhole();
    if (m_wholeTexts)
        m_canBeCut = local && m_pairs->onlyInFront(spaceMark) && m_pairs->onlyAlone("\n")
            && (m_normalizer.marksSpaces(spaceMark) || m_preTokenizer.marksSpaces(spaceMark)) && !m_added->anyInTexts();
    else
        m_canBeCut = local && m_preTokenizer.cutsAtWords() && !m_normalizer.prepends();
    m_cutsAtMarks = m_wholeTexts && m_pairs->onlyInFront(spaceMark);
}

JsonTokenizer::~JsonTokenizer() = default;

void JsonTokenizer::readTokens()
{
    PatternScratch scratch;
    const auto add = [&](const std::string& name, std::int32_t id) -> Known& {
        if (static_cast<std::size_t>(id) >= m_tokens.size())
            m_tokens.resize(static_cast<std::size_t>(id) + 1);
        auto& token = m_tokens[static_cast<std::size_t>(id)];
        token.name = name;
        token.exists = true;
        token.text = m_decoder.bytesOf(name, false, scratch);
        return token;
    };
    for (const auto& [name, id] : m_pairs->vocabulary())
        add(name, id);
    for (const auto& added : m_added->tokens()) {
        auto& token = add(added.content, added.id);
        token.added = true;
        token.control = added.special;
    }
}

/// What stands around a text: the "single" template of the last TemplateProcessing.
void JsonTokenizer::readAffixes(const JsonReader& processor)
{
    const auto type = processor.text("type");
    if (type == "Sequence") {
        for (const auto& part : processor.objects("processors"))
            readAffixes(part);
        return;
    }
    if (type == "ByteLevel") // moves offsets only
        return;
    if (type != "TemplateProcessing")
        unsupportedTokenizer(processor.source(), "the post-processor \"" + type + "\"");
    m_before.clear();
    m_after.clear();
    bool behind = false;
    for (const auto& part : processor.objects("single")) {
        if (part.has("Sequence")) {
            behind = true;
            continue;
        }
        const auto name = part.object("SpecialToken").text("id");
        for (const auto id : processor.object("special_tokens").object(name).integers("ids", 0, 1 << 24))
            (behind ? m_after : m_before).push_back(static_cast<std::int32_t>(id));
    }
}

std::vector<std::int32_t> JsonTokenizer::withSpecial(std::vector<std::int32_t> ids) const
{
    ids.insert(ids.begin(), m_before.begin(), m_before.end());
    ids.insert(ids.end(), m_after.begin(), m_after.end());
    return ids;
}

std::vector<std::size_t> JsonTokenizer::partBeginsIn(std::string_view text) const
{
    if (!m_canBeCut)
        return {0};
    return partBegins(text, m_wholeTexts ? PartPlaces::BeforeSpaces : PartPlaces::BetweenWords);
}

std::vector<Token> JsonTokenizer::encodePart(std::string_view text, Part part) const
{
    return run(text.substr(part.begin, part.end - part.begin), part.begin == 0, ControlTokens::AsText);
}

std::vector<Token> JsonTokenizer::encodeRecognising(std::string_view text) const
{
    return run(text, true, ControlTokens::Recognised);
}

std::vector<Token> JsonTokenizer::run(std::string_view text, bool atStart, ControlTokens controls) const
{
    Borrowed borrowed(*this);
    auto& scratch = borrowed.get();
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 4 + 1);
    for (const auto& piece : m_added->split(text, false, controls)) {
        if (piece.id >= 0)
            addToken(tokens, piece.id, piece.end);
        else
            runBetween(text.substr(piece.begin, piece.end - piece.begin), piece.begin, {atStart, piece.begin == 0},
                       controls, scratch, tokens);
    }
    if (!tokens.empty())
        tokens.back().end = text.size();
    return tokens;
}

void JsonTokenizer::addToken(std::vector<Token>& tokens, std::int32_t id, std::size_t end)
{
    tokens.push_back({id, tokens.empty() ? 0 : tokens.back().end, end});
}

/// The text between two added tokens, which begins at `offset`.
void JsonTokenizer::runBetween(std::string_view text, std::size_t offset, const Place& place, ControlTokens controls,
                               Scratch& scratch, std::vector<Token>& tokens) const
{
    AlignedText normal(text);
    m_normalizer.apply(normal, place.ofText || !place.first, scratch.pattern);
    AlignedText::Cursor source(normal);
    const std::string_view whole = normal.text();
    for (const auto& piece : m_added->split(whole, true, controls)) {
        if (piece.id >= 0) {
            addToken(tokens, piece.id, offset + source.sourceOf(piece.end));
            continue;
        }
        AlignedText words(whole.substr(piece.begin, piece.end - piece.begin));
        const bool atStart = place.ofText && place.first && piece.begin == 0;
        const auto cuts = m_preTokenizer.apply(words, atStart, scratch.pattern);
        AlignedText::Cursor before(words);
        for (const auto& cut : cuts) {
            scratch.tokens.clear();
            encodeWord(std::string_view(words.text()).substr(cut.begin, cut.end - cut.begin), scratch);
            for (const auto& token : scratch.tokens)
                addToken(tokens, token.id,
                         offset + source.sourceOf(piece.begin + before.sourceOf(cut.begin + token.end)));
        }
    }
}

/// Merges never cross a mark behind another character: what lies between is shorter, and known more often.
void JsonTokenizer::encodeWord(std::string_view word, Scratch& scratch) const
{
    for (std::size_t begin = 0; begin < word.size();) {
        auto end = word.size();
        if (m_cutsAtMarks) {
            auto from = begin;
            while (word.substr(from).starts_with(spaceMark))
                from += spaceMark.size();
            end = std::min(word.find(spaceMark, from), word.size());
        }
        const auto first = scratch.tokens.size();
        m_pairs->encode(word.substr(begin, end - begin), scratch.words, scratch.tokens);
        for (auto i = first; i < scratch.tokens.size(); ++i)
            scratch.tokens[i].end += static_cast<std::uint32_t>(begin);
        begin = end;
    }
}

const JsonTokenizer::Known& JsonTokenizer::known(std::int32_t id) const
{
    requireId(id);
    return m_tokens[static_cast<std::size_t>(id)];
}

std::string JsonTokenizer::decode(std::span<const std::int32_t> ids) const
{
    std::string text;
    bool first = true;
    for (const auto id : ids) {
        if (known(id).control)
            continue;
        text += bytesOf(id, first);
        first = false;
    }
    return replaceInvalidUtf8(text);
}

std::string JsonTokenizer::decodeWithControls(std::span<const std::int32_t> ids) const
{
    std::string text;
    Borrowed borrowed(*this);
    for (const auto& id : ids)
        text += m_decoder.bytesOf(known(id).name, &id == ids.data(), borrowed.get().pattern);
    return replaceInvalidUtf8(text);
}

std::int32_t JsonTokenizer::find(std::string_view name) const
{
    const auto found = std::find_if(m_tokens.begin(), m_tokens.end(), [&](const Known& t) { return t.name == name; });
    return found == m_tokens.end() ? -1 : static_cast<std::int32_t>(found - m_tokens.begin());
}

std::string JsonTokenizer::bytesOf(std::int32_t id, bool first) const
{
    const auto& token = known(id);
    if (token.control || !token.exists)
        return {};
    if (!first)
        return token.text;
    Borrowed borrowed(*this);
    return m_decoder.bytesOf(token.name, true, borrowed.get().pattern);
}

std::string JsonTokenizer::piece(std::int32_t id) const
{
    const auto& token = known(id);
    return m_preTokenizer.isByteLevel() && !token.added ? shown(token.text) : token.name;
}

bool JsonTokenizer::isControl(std::int32_t id) const
{
    return contains(id) && m_tokens[static_cast<std::size_t>(id)].control;
}

} // namespace icae
