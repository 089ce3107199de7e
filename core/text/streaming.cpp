#include "text/streaming.h"

#include <utility>

namespace icae {

StreamingDetokenizer::StreamingDetokenizer(std::shared_ptr<const Tokenizer> tokenizer, bool atStart)
    : m_tokenizer(std::move(tokenizer))
    , m_first(atStart)
{
}

std::string StreamingDetokenizer::push(std::int32_t id)
{
    if (m_tokenizer->isControl(id))
        return {};
    const bool first = std::exchange(m_first, false);
    return m_bytes.push(m_tokenizer->bytesOf(id, first));
}

std::string StreamingDetokenizer::finish()
{
    return m_bytes.finish();
}

} // namespace icae
