#pragma once

#include <cstdint>
#include <string_view>

namespace icae {

/// CRC-32C of bytes, rotated and shifted as TFRecord does, so that a sum over data with sums stays a good one.
std::uint32_t maskedCrc32c(std::string_view bytes);

} // namespace icae
