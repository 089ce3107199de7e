#pragma once

#include "tensor/cuda/common.cuh"

namespace icae::cuda {

constexpr int mergeThreads = 128;

/// Merges partial attentions [heads of all rows, splits, 2 + headDim], each a maximum, a sum and the weighted values;
/// one block a head. out [heads of all rows, headDim].
template <typename T>
__global__ void mergeSplits(const float* __restrict__ workspace, T* __restrict__ out, int splits, int headDim)
{
    const float* parts = workspace + static_cast<std::int64_t>(blockIdx.x) * splits * (headDim + 2);
    float greatest = -INFINITY;
    for (int s = 0; s < splits; ++s)
        greatest = fmaxf(greatest, parts[s * (headDim + 2)]);
    float sum = 0;
    for (int s = 0; s < splits; ++s) {
        const float* part = parts + s * (headDim + 2);
        sum += part[1] == 0 ? 0 : part[1] * __expf(part[0] - greatest);
    }
    for (int i = threadIdx.x; i < headDim; i += blockDim.x) {
        float merged = 0;
        for (int s = 0; s < splits; ++s) {
            const float* part = parts + s * (headDim + 2);
            merged += part[1] == 0 ? 0 : part[2 + i] * __expf(part[0] - greatest);
        }
        out[static_cast<std::int64_t>(blockIdx.x) * headDim + i] = fromFloat<T>(merged / sum);
    }
}

} // namespace icae::cuda
