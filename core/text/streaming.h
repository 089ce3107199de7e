#pragma once

#include "text/tokenizer.h"
#include "text/utf8.h"

#include <memory>
#include <string>

namespace icae {

/// Turns ids into text one at a time. What all calls return together equals Tokenizer::decode of all ids; a character
/// split over several byte pieces comes out once, whole.
class StreamingDetokenizer {
public:
    /// @param atStart false where other text goes before: the first piece then keeps its space
    explicit StreamingDetokenizer(std::shared_ptr<const Tokenizer> tokenizer, bool atStart = true);
    std::string push(std::int32_t id); ///< the text completed by this token; may be empty
    std::string finish(); ///< what an unfinished character leaves behind (U+FFFD)

private:
    std::shared_ptr<const Tokenizer> m_tokenizer;
    Utf8Stream m_bytes;
    bool m_first = true;
};

} // namespace icae
