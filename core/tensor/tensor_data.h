#pragma once

#include "tensor/safetensors.h"
#include "tensor/torch.h"

namespace icae {

/// LibTorch's name of a file's element type.
at::ScalarType scalarType(DType dtype);
DType dtypeOf(at::ScalarType type);

/// A copy of a file's tensor as an own tensor on the CPU, in the file's dtype.
at::Tensor toTensor(const TensorView& view);

/// A view of a contiguous CPU tensor's data, for writing; the tensor must outlive it.
TensorView viewOf(const std::string& name, const at::Tensor& tensor);

} // namespace icae
