#include "tensor/cuda/common.cuh"

namespace icae::cuda {

namespace {

constexpr int warps = 8;
constexpr int threads = warps * warpSize_;
constexpr int loadsAtOnce = 4; ///< 16-byte loads of the matrix in flight a lane

/// One warp's dot products of one row with all columns. The matrix streams past the caches, x stays in them.
template <typename T, int Columns>
__device__ void rowDot(const T* __restrict__ row, const T* __restrict__ x, int depth, int lane, float (&sums)[Columns])
{
    constexpr int n = packSize<T>;
    const auto* packs = reinterpret_cast<const uint4*>(row);
    const int count = depth / n;
    for (int c = 0; c < Columns; ++c)
        sums[c] = 0;
    const auto add = [&](const uint4& raw, int i) {
        const auto& w = reinterpret_cast<const Pack<T, n>&>(raw);
#pragma unroll
        for (int c = 0; c < Columns; ++c) {
            const auto v = reinterpret_cast<const Pack<T, n>*>(x + static_cast<std::int64_t>(c) * depth)[i];
#pragma unroll
            for (int j = 0; j < n; ++j)
                sums[c] += toFloat(w.values[j]) * toFloat(v.values[j]);
        }
    };
    int i = lane;
    for (; i + (loadsAtOnce - 1) * warpSize_ < count; i += loadsAtOnce * warpSize_) {
        uint4 raw[loadsAtOnce];
#pragma unroll
        for (int l = 0; l < loadsAtOnce; ++l)
            raw[l] = __ldcs(packs + i + l * warpSize_);
#pragma unroll
        for (int l = 0; l < loadsAtOnce; ++l)
            add(raw[l], i + l * warpSize_);
    }
    for (; i < count; i += warpSize_)
        add(__ldcs(packs + i), i);
#pragma unroll
    for (int c = 0; c < Columns; ++c)
        sums[c] = warpSum(sums[c]);
}

template <typename T, int Columns>
__global__ void __launch_bounds__(threads) matrixVectorKernel(const T* __restrict__ weight, const T* __restrict__ x,
                                                              T* __restrict__ y, int n, int depth, bool accumulate)
{
    const int row = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warpSize_;
    const int lane = threadIdx.x % warpSize_;
    if (row >= n)
        return;
    float sums[Columns];
    rowDot<T, Columns>(weight + static_cast<std::int64_t>(row) * depth, x, depth, lane, sums);
    if (lane != 0)
        return;
    for (int c = 0; c < Columns; ++c) {
        T& target = y[static_cast<std::int64_t>(c) * n + row];
        target = fromFloat<T>(accumulate ? toFloat(target) + sums[c] : sums[c]);
    }
}

template <typename T, int Columns>
__global__ void __launch_bounds__(threads)
    swigluVectorKernel(const T* __restrict__ gateUp, const T* __restrict__ x, T* __restrict__ y, int f, int depth)
{
    const int row = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warpSize_;
    const int lane = threadIdx.x % warpSize_;
    if (row >= f)
        return;
    float gate[Columns];
    float up[Columns];
    rowDot<T, Columns>(gateUp + static_cast<std::int64_t>(row) * depth, x, depth, lane, gate);
    rowDot<T, Columns>(gateUp + static_cast<std::int64_t>(row + f) * depth, x, depth, lane, up);
    if (lane != 0)
        return;
    for (int c = 0; c < Columns; ++c) {
        // Rounded as the separate operations round.
        const float g = toFloat(fromFloat<T>(gate[c]));
        const float u = toFloat(fromFloat<T>(up[c]));
        y[static_cast<std::int64_t>(c) * f + row] = fromFloat<T>(g / (1.0F + expf(-g)) * u);
    }
}

template <typename Function> void withColumns(std::int64_t columns, Function&& function)
{
    switch (columns) {
    case 1:
        return function(std::integral_constant<int, 1>{});
    case 2:
        return function(std::integral_constant<int, 2>{});
    case 3:
        return function(std::integral_constant<int, 3>{});
    case 4:
        return function(std::integral_constant<int, 4>{});
    default:
        throw std::runtime_error("matrixVector: too many columns");
    }
}

unsigned blocksFor(std::int64_t rows)
{
    return static_cast<unsigned>((rows + warps - 1) / warps);
}

} // namespace

void matrixVector(Type type, const void* weight, const void* x, void* y, std::int64_t n, std::int64_t depth,
                  std::int64_t columns, bool accumulate, Stream stream)
{
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        withColumns(columns, [&](auto count) {
            matrixVectorKernel<T, decltype(count)::value><<<blocksFor(n), threads, 0, stream>>>(
                static_cast<const T*>(weight), static_cast<const T*>(x), static_cast<T*>(y), static_cast<int>(n),
                static_cast<int>(depth), accumulate);
        });
    });
    checkLaunch("matrixVector");
}

void matrixVectorSwiglu(Type type, const void* gateUp, const void* x, void* y, std::int64_t f, std::int64_t depth,
                        std::int64_t columns, Stream stream)
{
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        withColumns(columns, [&](auto count) {
            swigluVectorKernel<T, decltype(count)::value><<<blocksFor(f), threads, 0, stream>>>(
                static_cast<const T*>(gateUp), static_cast<const T*>(x), static_cast<T*>(y), static_cast<int>(f),
                static_cast<int>(depth));
        });
    });
    checkLaunch("matrixVectorSwiglu");
}

} // namespace icae::cuda
