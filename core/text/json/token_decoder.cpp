#include "text/json/token_decoder.h"

#include "text/json/byte_alphabet.h"
#include "text/json/normalizer.h"
#include "text/json/unsupported.h"

namespace icae {

namespace {

std::string replaced(std::string_view text, const Pattern& pattern, std::string_view content, PatternScratch& scratch)
{
    std::string result;
    std::size_t done = 0;
    pattern.forEach(text, scratch, [&](const Pattern::Match& match) {
        result.append(text, done, match.begin - done).append(content);
        done = match.end;
    });
    return result.append(text, done);
}

void strip(std::string& text, std::string_view what, std::int64_t start, std::int64_t stop)
{
    for (; start > 0 && text.starts_with(what); --start)
        text.erase(0, what.size());
    for (; stop > 0 && text.ends_with(what); --stop)
        text.erase(text.size() - what.size());
}

std::string withoutMark(std::string_view text, std::string_view mark, std::string_view instead)
{
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const bool isMark = text.substr(at).starts_with(mark);
        result.append(isMark ? instead : text.substr(at, 1));
        at += isMark ? mark.size() : 1;
    }
    return result;
}

} // namespace

TokenDecoder TokenDecoder::read(const JsonReader& json)
{
    TokenDecoder decoder;
    decoder.m_spaced = !json.has("decoder");
    if (!decoder.m_spaced)
        decoder.readStep(json.object("decoder"));
    return decoder;
}

void TokenDecoder::readStep(const JsonReader& json)
{
    const auto type = json.text("type");
    Step step;
    if (type == "Sequence") {
        for (const auto& part : json.objects("decoders"))
            readStep(part);
        return;
    }
    if (m_fused && type != "Strip" && type != "Fuse")
        unsupportedTokenizer(json.source(), "the decoder \"" + type + "\" behind Fuse");
    if (type == "ByteLevel") {
        step.kind = Kind::ByteLevel;
    } else if (type == "ByteFallback") {
        step.kind = Kind::ByteFallback;
    } else if (type == "Replace") {
        step.kind = Kind::Replace;
        step.pattern = std::make_shared<const Pattern>(readPattern(json, "pattern"));
        step.text = json.text("content");
    } else if (type == "Fuse") {
        m_fused = true;
    } else if (type == "Strip") {
        step.kind = Kind::Strip;
        step.text = json.text("content");
        step.start = json.integer("start", 0, 1 << 10);
        step.stop = json.integer("stop", 0, 1 << 10);
        step.whole = m_fused;
        if (step.text.empty())
            json.fail("content", "a character");
        if (step.whole && (step.start > 1 || step.stop > 0))
            unsupportedTokenizer(json.source(), "the decoder \"Strip\" for more than one character in front");
    } else if (type == "Metaspace") {
        step.kind = Kind::Metaspace;
        step.text = json.text("replacement");
        if (step.text.empty())
            json.fail("replacement", "a character");
        step.dropsFirst =
            json.text("prepend_scheme", json.boolean("add_prefix_space", true) ? "always" : "never") != "never";
    } else {
        unsupportedTokenizer(json.source(), "the decoder \"" + type + "\"");
    }
    m_steps.push_back(std::move(step));
}

std::string TokenDecoder::bytesOf(std::string_view name, bool first, PatternScratch& scratch) const
{
    std::string text = m_spaced && !first ? " " : "";
    text.append(name);
    for (const auto& step : m_steps) {
        switch (step.kind) {
        case Kind::ByteLevel:
            if (auto bytes = bytesOfName(text))
                text = std::move(*bytes);
            break;
        case Kind::ByteFallback:
            if (const auto byte = byteOfFallback(text))
                text.assign(1, static_cast<char>(*byte));
            break;
        case Kind::Replace:
            text = replaced(text, *step.pattern, step.text, scratch);
            break;
        case Kind::Strip:
            if (first || !step.whole)
                strip(text, step.text, step.start, step.stop);
            break;
        case Kind::Metaspace:
            text = withoutMark(text, step.text, first && step.dropsFirst ? "" : " ");
            break;
        case Kind::Fuse:
            break;
        }
    }
    return text;
}

} // namespace icae
