#include "tensor/cuda_kernels.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace icae {

cuda::Type cudaType(at::ScalarType dtype)
{
    if (dtype == at::kHalf)
        return cuda::Type::F16;
    return dtype == at::kBFloat16 ? cuda::Type::BF16 : cuda::Type::F32;
}

cuda::Stream currentStream(const at::Device& device)
{
    return c10::cuda::getCurrentCUDAStream(device.index()).stream();
}

cuda::HeadInputs cudaInputs(const HeadInputs& inputs)
{
    const auto numbers = [](const at::Tensor& x) -> const void* { return x.defined() ? x.data_ptr() : nullptr; };
    return {numbers(inputs.bias), numbers(inputs.queryNorm), numbers(inputs.keyNorm), static_cast<float>(inputs.eps)};
}

CudaKernels::CudaKernels()
    : m_plain(makePlainKernels())
{
}

at::Tensor CudaKernels::rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) const
{
    const c10::cuda::CUDAGuard guard(x.device());
    const auto input = x.contiguous();
    auto out = at::empty_like(input);
    cuda::rmsNorm(cudaType(x.scalar_type()), input.data_ptr(), weight.data_ptr(), out.data_ptr(), input.size(0),
                  input.size(1), static_cast<float>(eps), currentStream(x.device()));
    return out;
}

at::Tensor CudaKernels::linear(const at::Tensor& x, const at::Tensor& weight) const
{
    return at::linear(x, weight);
}

void CudaKernels::addLinear(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const
{
    y.addmm_(x, weight.t());
}

at::Tensor CudaKernels::ropeSplit(const at::Tensor& qkv, const at::Tensor& positions,
                                  const at::Tensor& inverseFrequencies, const HeadShape& shape,
                                  const HeadInputs& inputs, at::Tensor& keys, at::Tensor& values,
                                  const RowLayout& layout) const
{
    const c10::cuda::CUDAGuard guard(qkv.device());
    const auto rows = positions.contiguous();
    auto q = at::empty({qkv.size(0), shape.heads, shape.headDim}, qkv.options());
    const auto* table = layout.table().data_ptr<int32_t>();
    cuda::ropeSplit(cudaType(qkv.scalar_type()), qkv.data_ptr(), rows.data_ptr<float>(),
                    inverseFrequencies.data_ptr<float>(), cudaInputs(inputs), q.data_ptr(), keys.data_ptr(),
                    values.data_ptr(), {shape.heads, shape.kvHeads, shape.headDim, keys.size(2)},
                    {qkv.size(0), table, table + qkv.size(0)}, currentStream(qkv.device()));
    return q;
}

at::Tensor CudaKernels::attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values,
                                  const RowLayout& layout) const
{
    return m_plain->attention(q, keys, values, layout);
}

at::Tensor CudaKernels::swiglu(const at::Tensor& gateUp) const
{
    const c10::cuda::CUDAGuard guard(gateUp.device());
    const int64_t f = gateUp.size(1) / 2;
    auto out = at::empty({gateUp.size(0), f}, gateUp.options());
    cuda::swiglu(cudaType(gateUp.scalar_type()), gateUp.data_ptr(), out.data_ptr(), gateUp.size(0), f,
                 currentStream(gateUp.device()));
    return out;
}

} // namespace icae
