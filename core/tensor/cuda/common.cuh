#pragma once

#include "tensor/cuda/cuda_math.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace icae::cuda {

constexpr int warpSize_ = 32;

__device__ inline float toFloat(float x)
{
    return x;
}
__device__ inline float toFloat(__half x)
{
    return __half2float(x);
}
__device__ inline float toFloat(__nv_bfloat16 x)
{
    return __bfloat162float(x);
}

template <typename T> __device__ T fromFloat(float x);
template <> __device__ inline float fromFloat<float>(float x)
{
    return x;
}
template <> __device__ inline __half fromFloat<__half>(float x)
{
    return __float2half_rn(x);
}
template <> __device__ inline __nv_bfloat16 fromFloat<__nv_bfloat16>(float x)
{
    return __float2bfloat16_rn(x);
}

/// N numbers that are loaded and stored at once.
template <typename T, int N> struct alignas(sizeof(T) * N) Pack {
    T values[N];
};

template <typename T> constexpr int packSize = 16 / static_cast<int>(sizeof(T));

__device__ inline float warpSum(float x)
{
    for (int offset = warpSize_ / 2; offset > 0; offset /= 2)
        x += __shfl_xor_sync(0xffffffffU, x, offset);
    return x;
}

/// Sum over a block of whole warps; every thread gets it. shared: one float a warp.
__device__ inline float blockSum(float x, float* shared)
{
    const int warps = static_cast<int>(blockDim.x) / warpSize_;
    x = warpSum(x);
    if (threadIdx.x % warpSize_ == 0)
        shared[threadIdx.x / warpSize_] = x;
    __syncthreads();
    float total = 0;
    for (int i = 0; i < warps; ++i)
        total += shared[i];
    return total;
}

inline void checkLaunch(const char* what)
{
    const cudaError_t status = cudaGetLastError();
    if (status != cudaSuccess)
        throw std::runtime_error(std::string("CUDA kernel ") + what + ": " + cudaGetErrorString(status));
}

/// Calls a generic lambda with a value of the storage type.
template <typename Function> void dispatch(Type type, Function&& function)
{
    switch (type) {
    case Type::F32:
        return function(float{});
    case Type::F16:
        return function(__half{});
    case Type::BF16:
        return function(__nv_bfloat16{});
    }
}

} // namespace icae::cuda
