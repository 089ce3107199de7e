#include "text/encoding_cache.h"

#include "protocol/error.h"
#include "text/text_parts.h"

namespace icae {

std::vector<Token> EncodingCache::encode(const std::shared_ptr<const Tokenizer>& tokenizer, std::string_view text,
                                         const std::stop_token& stop)
{
    const std::scoped_lock lock(m_mutex);
    if (m_tokenizer != tokenizer) {
        m_tokenizer = tokenizer;
        m_parts.clear();
    }
    const auto ranges = tokenizer->parts(text);
    std::vector<Tokens> tokens(ranges.size());
    std::vector<std::size_t> unknown;
    std::map<std::string_view, std::size_t> first; // a text may say the same thing twice
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const auto part = text.substr(ranges[i].begin, ranges[i].end - ranges[i].begin);
        // How a text begins is encoded in another way than how it goes on.
        if (const auto known = m_parts.find(part); i > 0 && known != m_parts.end())
            tokens[i] = known->second;
        else if (i == 0 || first.try_emplace(part, i).second)
            unknown.push_back(i);
    }
    forEachPart(unknown.size(), [&](std::size_t i) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Cancelled.", {});
        const auto part = unknown[i];
        tokens[part] = std::make_shared<const std::vector<Token>>(tokenizer->encodePart(text, ranges[part]));
    });
    std::map<std::string, Tokens, std::less<>> parts;
    std::vector<Token> all;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const auto part = text.substr(ranges[i].begin, ranges[i].end - ranges[i].begin);
        if (!tokens[i])
            tokens[i] = tokens[first.at(part)];
        for (const auto& token : *tokens[i])
            all.push_back({token.id, token.begin + ranges[i].begin, token.end + ranges[i].begin});
        if (i > 0)
            parts.try_emplace(std::string(part), tokens[i]);
    }
    m_parts = std::move(parts);
    return all;
}

} // namespace icae
