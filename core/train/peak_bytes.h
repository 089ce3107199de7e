#pragma once

#include "tensor/torch.h"

#include <cstdint>

namespace icae {

/// Most bytes that this process has taken of a device's memory at once: of tensors on a CUDA device, in all on the CPU.
std::int64_t peakBytes(const at::Device& device);

} // namespace icae
