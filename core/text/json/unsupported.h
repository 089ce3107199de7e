#pragma once

#include "protocol/error.h"

#include <string>

namespace icae {

/// Throws Error (Unsupported): a tokenizer file asks for something that is not known here.
[[noreturn]] inline void unsupportedTokenizer(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, source + " asks for " + what + ", which is not supported.",
                "Use a model whose tokenizer is byte-pair encoding as Llama, Qwen, Mistral or GPT-2 have it.");
}

} // namespace icae
