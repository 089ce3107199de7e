#include "text/streaming.h"

#include <array>
#include <charconv>

namespace icae {

StreamingDetokenizer::StreamingDetokenizer(std::shared_ptr<const Tokenizer> tokenizer, bool atStart)
    : m_tokenizer(std::move(tokenizer))
    , m_first(atStart)
{
    // sentencepiece drops the dummy prefix of the first piece only: decoding behind an anchor gives any other piece's
    // text as it stands within a sentence.
    for (std::int32_t id = 0; id < m_tokenizer->size() && m_anchor < 0; ++id) {
        if (m_tokenizer->isByte(id) || m_tokenizer->isControl(id) || id == m_tokenizer->unknownId())
            continue;
        const auto piece = m_tokenizer->piece(id);
        if (piece.size() == 1 && piece[0] > ' ' && piece[0] < '\x7f')
            m_anchor = id;
    }
    m_anchorBytes = m_anchor < 0 ? 0 : 1;
}

std::string StreamingDetokenizer::push(std::int32_t id)
{
    if (m_tokenizer->isControl(id))
        return {};
    if (m_tokenizer->isByte(id)) {
        m_first = false;
        const auto piece = m_tokenizer->piece(id); // "<0x41>"
        unsigned byte = 0;
        std::from_chars(piece.data() + 3, piece.data() + piece.size() - 1, byte, 16);
        return m_bytes.push(std::string(1, static_cast<char>(byte)));
    }
    if (m_first || m_anchor < 0) {
        m_first = false;
        return m_bytes.push(m_tokenizer->decode(std::array{id}));
    }
    return m_bytes.push(m_tokenizer->decode(std::array{m_anchor, id}).substr(m_anchorBytes));
}

std::string StreamingDetokenizer::finish()
{
    return m_bytes.finish();
}

} // namespace icae
