#pragma once

#include "tensor/torch.h"

#include <functional>
#include <vector>

namespace icae {

using TensorFunction = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

/// Calls a function of tensors without keeping its inner values; the backward pass computes them again (Chen et al.
/// 2016). The function must be deterministic. Inputs may be undefined.
std::vector<at::Tensor> checkpointed(const TensorFunction& function, const std::vector<at::Tensor>& inputs);

} // namespace icae
