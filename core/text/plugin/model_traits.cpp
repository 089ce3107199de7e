#include "text/plugin/model_traits.h"

#include <cstdint>
#include <optional>

namespace {

/// The fields of a protobuf message, one after the other. Sentencepiece's own headers do not describe its model.
class MessageReader {
public:
    explicit MessageReader(std::string_view message)
        : m_rest(message)
    {
    }

    /// Goes to the next field; false at the end, and where the bytes make no sense.
    bool next()
    {
        const auto key = m_rest.empty() ? std::nullopt : varint();
        if (!key)
            return false;
        field = *key >> 3U;
        bytes = {};
        number = 0;
        switch (*key & 7U) {
        case 0:
            return take(varint(), number);
        case 1:
            return skip(8);
        case 2: {
            std::uint64_t size = 0;
            if (!take(varint(), size) || size > m_rest.size())
                return fail();
            bytes = m_rest.substr(0, size);
            return skip(size);
        }
        case 5:
            return skip(4);
        default:
            return fail();
        }
    }
    bool failed() const { return m_failed; }

    std::uint64_t field = 0;
    std::uint64_t number = 0; ///< of a numeric field
    std::string_view bytes; ///< of a text or a message

private:
    bool fail()
    {
        m_failed = true;
        return false;
    }
    bool take(std::optional<std::uint64_t> read, std::uint64_t& target)
    {
        if (!read)
            return fail();
        target = *read;
        return true;
    }
    bool skip(std::size_t size)
    {
        if (size > m_rest.size())
            return fail();
        m_rest.remove_prefix(size);
        return true;
    }
    std::optional<std::uint64_t> varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !m_rest.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(m_rest.front());
            m_rest.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if ((byte & 0x80U) == 0)
                return value;
        }
        m_failed = true;
        return std::nullopt;
    }

    std::string_view m_rest;
    bool m_failed = false;
};

// Fields and values of sentencepiece_model.proto.
constexpr std::uint64_t modelPieces = 1;
constexpr std::uint64_t modelTrainer = 2;
constexpr std::uint64_t modelNormalizer = 3;
constexpr std::uint64_t pieceText = 1;
constexpr std::uint64_t pieceType = 3;
constexpr std::uint64_t typeNormal = 1;
constexpr std::uint64_t typeUserDefined = 4;
constexpr std::uint64_t typeUnused = 5;
constexpr std::uint64_t trainerModelType = 3;
constexpr std::uint64_t trainerSpaceAsSuffix = 24;
constexpr std::uint64_t trainerByteFallback = 35;
constexpr std::uint64_t bytePairs = 2;
constexpr std::uint64_t normalizerTable = 2;
constexpr std::uint64_t normalizerSpaceInFront = 3;
constexpr std::uint64_t normalizerTrims = 4;
constexpr std::uint64_t normalizerEscapes = 5;
constexpr std::string_view spaceMark = "\xE2\x96\x81";

bool isGoodPiece(std::string_view message)
{
    std::uint64_t type = typeNormal;
    std::string_view text;
    MessageReader piece(message);
    while (piece.next()) {
        if (piece.field == pieceText)
            text = piece.bytes;
        else if (piece.field == pieceType)
            type = piece.number;
    }
    if (piece.failed())
        return false;
    if (type != typeNormal && type != typeUserDefined && type != typeUnused)
        return true; // matches no text
    while (text.substr(0, spaceMark.size()) == spaceMark)
        text.remove_prefix(spaceMark.size());
    return text.find(spaceMark) == std::string_view::npos && text.find_first_of(" \n") == std::string_view::npos;
}

bool isGoodTrainer(std::string_view message)
{
    bool pairs = false;
    bool byteFallback = false;
    MessageReader trainer(message);
    while (trainer.next()) {
        if (trainer.field == trainerModelType)
            pairs = trainer.number == bytePairs;
        else if (trainer.field == trainerByteFallback)
            byteFallback = trainer.number != 0;
        else if (trainer.field == trainerSpaceAsSuffix && trainer.number != 0)
            return false;
    }
    return !trainer.failed() && pairs && byteFallback;
}

bool isGoodNormalizer(std::string_view message)
{
    bool inFront = true; // the defaults
    bool trims = true;
    bool escapes = true;
    MessageReader normalizer(message);
    while (normalizer.next()) {
        if (normalizer.field == normalizerTable && !normalizer.bytes.empty())
            return false;
        if (normalizer.field == normalizerSpaceInFront)
            inFront = normalizer.number != 0;
        else if (normalizer.field == normalizerTrims)
            trims = normalizer.number != 0;
        else if (normalizer.field == normalizerEscapes)
            escapes = normalizer.number != 0;
    }
    return !normalizer.failed() && inFront && !trims && escapes;
}

} // namespace

bool encodesWordsAlone(std::string_view model)
{
    bool trainer = false;
    bool normalizer = false;
    MessageReader reader(model);
    while (reader.next()) {
        if (reader.field == modelPieces && !isGoodPiece(reader.bytes))
            return false;
        if (reader.field == modelTrainer)
            trainer = isGoodTrainer(reader.bytes);
        else if (reader.field == modelNormalizer)
            normalizer = isGoodNormalizer(reader.bytes);
    }
    return !reader.failed() && trainer && normalizer;
}
