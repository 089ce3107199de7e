#pragma once

#include "tensor/cpu_math.h"
#include "tensor/device.h"
#include "tensor/kernels.h"

#include <algorithm>
#include <omp.h>
#include <utility>

namespace icae {

/// Rows up to which a matrix product is bound by reading the matrix, and own dot products beat a BLAS that packs it
/// first. Measured with 512×512 to 12,000×512 matrices on two cores: 12 with AVX-512, 24 with AVX2.
inline constexpr int64_t fewRows = 16;

/// Elements below which a second thread costs more than it brings.
inline constexpr int64_t parallelWork = 16384;

/// Inside an OpenMP parallel region: the calling thread's contiguous share [begin, end) of n items.
inline std::pair<int64_t, int64_t> threadShare(int64_t n)
{
    const int64_t threads = omp_get_num_threads();
    const int64_t each = (n + threads - 1) / threads;
    const int64_t begin = std::min(n, each * omp_get_thread_num());
    return {begin, std::min(n, begin + each)};
}

/// The same for the loops: pointers into float32 tensors, which must outlive them.
cpu::HeadInputs cpuInputs(const HeadInputs& inputs);

/// Float32 kernels for the CPU: fused loops, causal attention that skips what is masked, and one single-threaded BLAS
/// product a thread.
class CpuKernels final : public Kernels {
public:
    CpuKernels();
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
    void product(at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, bool accumulate) const;

    std::shared_ptr<const Kernels> m_plain;
};

} // namespace icae
