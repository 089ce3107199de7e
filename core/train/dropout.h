#pragma once

#include "tensor/torch.h"

#include <cstdint>

namespace icae {

// Dropout as a function of what is dropped: the same span has the same mask on whichever rank and in whichever row it
// is read, on the CPU and on a GPU.

/// A key a token.
/// @param rows [R] int64, a key a row
/// @return [R·length] int64
at::Tensor dropoutKeys(const at::Tensor& rows, int64_t length);

/// What x is multiplied with: 0 with the given probability, else 1 / (1 - probability).
/// @param keys [N] int64; @param number of the place in the network
/// @return [N, width]
at::Tensor dropoutMask(const at::Tensor& keys, int64_t width, int64_t number, double probability, at::ScalarType dtype);

} // namespace icae
