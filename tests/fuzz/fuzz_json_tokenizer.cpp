#include "protocol/error.h"
#include "text/json/json_tokenizer.h"

#include <cstdlib>

/// Whatever steps a tokenizer.json names, the ranges of its tokens cover the text, and its ids are its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const icae::JsonTokenizer tokenizer({reinterpret_cast<const char*>(data), size}, "fuzz");
        for (const std::string_view text :
             {"", "ab  1\n\xC3\xA9<s>", "a\xCC\x81 \xE2\x96\x81x\xE3\x80\x80\xF0\x9F\x99\x82"}) {
            std::size_t at = 0;
            for (const auto& token : tokenizer.encode(text)) {
                if (token.begin != at || token.end < at || token.end > text.size() || !tokenizer.contains(token.id))
                    std::abort();
                at = token.end;
            }
            tokenizer.decode(tokenizer.encodePrompt(text));
        }
    } catch (const icae::Error&) { // the expected answer to most inputs
    }
    return 0;
}
