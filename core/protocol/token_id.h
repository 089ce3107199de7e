#pragma once

#include <cstdint>
#include <vector>

namespace icae {

/// Index into a tokenizer's vocabulary.
using TokenId = std::int32_t;
using TokenIds = std::vector<TokenId>;

} // namespace icae
