#pragma once

#include "tensor/cuda/cuda_math.h"
#include "tensor/kernels.h"

namespace icae {

/// The fused CUDA kernels' name of a dtype.
cuda::Type cudaType(at::ScalarType dtype);

/// The stream that LibTorch computes on.
cuda::Stream currentStream(const at::Device& device);

/// The same for the kernels: pointers into the tensors, which must outlive them.
cuda::HeadInputs cudaInputs(const HeadInputs& inputs);

/// Fused kernels for CUDA; products and attention over several tokens are LibTorch's.
class CudaKernels final : public Kernels {
public:
    CudaKernels();
    at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) const override;
    at::Tensor linear(const at::Tensor& x, const at::Tensor& weight) const override;
    void addLinear(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const override;
    at::Tensor ropeSplit(const at::Tensor& qkv, const at::Tensor& positions, const at::Tensor& inverseFrequencies,
                         const HeadShape& shape, const HeadInputs& inputs, at::Tensor& keys, at::Tensor& values,
                         const RowLayout& layout) const override;
    at::Tensor attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values,
                         const RowLayout& layout) const override;
    at::Tensor swiglu(const at::Tensor& gateUp) const override;

private:
    std::shared_ptr<const Kernels> m_plain;
};

} // namespace icae
