#pragma once

#include "text/tokenizer.h"

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Encodes texts of which each resembles the one before, as while somebody writes: only the parts that changed are
/// encoded. Safe to use from several threads; they wait for each other.
class EncodingCache {
public:
    /// The same tokens as Tokenizer::encode(). Remembers this text's parts, and no others.
    /// @throws Error as Tokenizer::encode(); (Cancelled) where it is asked to stop
    std::vector<Token> encode(const std::shared_ptr<const Tokenizer>& tokenizer, std::string_view text,
                              const std::stop_token& stop = {});

private:
    using Tokens = std::shared_ptr<const std::vector<Token>>;

    std::mutex m_mutex;
    std::shared_ptr<const Tokenizer> m_tokenizer; ///< whose tokens these are
    std::map<std::string, Tokens, std::less<>> m_parts; ///< tokens by the part's text
};

} // namespace icae
