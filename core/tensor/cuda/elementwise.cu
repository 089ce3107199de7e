#include "tensor/cuda/common.cuh"

namespace icae::cuda {

namespace {

constexpr int threads = 256;

template <typename T>
__global__ void rmsNormKernel(const T* __restrict__ x, const T* __restrict__ weight, T* __restrict__ out, int d,
                              float eps)
{
    __shared__ float shared[threads / warpSize_];
    constexpr int n = packSize<T>;
    using Packed = Pack<T, n>;
    const T* row = x + static_cast<std::int64_t>(blockIdx.x) * d;
    T* target = out + static_cast<std::int64_t>(blockIdx.x) * d;
    const bool packed = d % n == 0;
    float squares = 0;
    if (packed) {
        for (int i = threadIdx.x; i < d / n; i += threads) {
            const Packed values = reinterpret_cast<const Packed*>(row)[i];
            for (int j = 0; j < n; ++j)
                squares += toFloat(values.values[j]) * toFloat(values.values[j]);
        }
    } else {
        for (int i = threadIdx.x; i < d; i += threads)
            squares += toFloat(row[i]) * toFloat(row[i]);
    }
    const float scale = rsqrtf(blockSum(squares, shared) / static_cast<float>(d) + eps);
    const auto normalise = [&](T value, T w) {
        return fromFloat<T>(toFloat(fromFloat<T>(toFloat(value) * scale)) * toFloat(w));
    };
    if (packed) {
        for (int i = threadIdx.x; i < d / n; i += threads) {
            Packed values = reinterpret_cast<const Packed*>(row)[i];
            const Packed weights = reinterpret_cast<const Packed*>(weight)[i];
            for (int j = 0; j < n; ++j)
                values.values[j] = normalise(values.values[j], weights.values[j]);
            reinterpret_cast<Packed*>(target)[i] = values;
        }
    } else {
        for (int i = threadIdx.x; i < d; i += threads)
            target[i] = normalise(row[i], weight[i]);
    }
}

__device__ inline float siluTimes(float gate, float up)
{
    return gate / (1.0F + expf(-gate)) * up;
}

template <typename T, int N>
__global__ void swigluKernel(const T* __restrict__ gateUp, T* __restrict__ out, std::int64_t items, std::int64_t width)
{
    using Packed = Pack<T, N>;
    const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
    if (item >= items)
        return;
    const std::int64_t row = item / width;
    const std::int64_t column = item % width;
    const auto* source = reinterpret_cast<const Packed*>(gateUp) + 2 * row * width + column;
    const Packed gate = source[0];
    const Packed up = source[width];
    Packed result;
    for (int j = 0; j < N; ++j)
        result.values[j] = fromFloat<T>(siluTimes(toFloat(gate.values[j]), toFloat(up.values[j])));
    reinterpret_cast<Packed*>(out)[item] = result;
}

/// A warp takes a head: each lane its pairs (i, i + half), which are biased, normalised, rotated and put in place.
template <typename T>
__global__ void ropeSplitKernel(const T* __restrict__ qkv, const float* __restrict__ positions,
                                const float* __restrict__ inverseFrequencies, HeadInputs inputs, T* __restrict__ q,
                                T* __restrict__ keys, T* __restrict__ values, CacheShape shape,
                                CacheRows rows)
{
    const std::int64_t row = blockIdx.x;
    const std::int64_t sequence = rows.sequences[row];
    if (sequence < 0)
        return;
    const int half = static_cast<int>(shape.headDim / 2);
    const std::int64_t all = shape.heads + 2 * shape.kvHeads;
    const std::int64_t head = static_cast<std::int64_t>(blockIdx.y) * (threads / warpSize_) + threadIdx.x / warpSize_;
    const int lane = threadIdx.x % warpSize_;
    if (head >= all)
        return;
    const bool isQuery = head < shape.heads;
    const bool isKey = !isQuery && head < shape.heads + shape.kvHeads;
    const std::int64_t kvHead = head - shape.heads - (isKey ? 0 : shape.kvHeads);
    T* target = isQuery ? q + (row * shape.heads + head) * shape.headDim
                        : (isKey ? keys : values)
            + ((sequence * shape.kvHeads + kvHead) * shape.capacity + rows.places[row]) * shape.headDim;
    const T* source = qkv + (row * all + head) * shape.headDim;
    const T* bias = inputs.bias == nullptr ? nullptr : static_cast<const T*>(inputs.bias) + head * shape.headDim;
    const auto* norm = static_cast<const T*>(isQuery ? inputs.queryNorm : isKey ? inputs.keyNorm : nullptr);
    const auto biased = [&](int i) {
        const float x = toFloat(source[i]);
        return bias == nullptr ? x : toFloat(fromFloat<T>(x + toFloat(bias[i])));
    };
    float scale = 1;
    if (norm != nullptr) {
        float squares = 0;
        for (int i = lane; i < 2 * half; i += warpSize_)
            squares += biased(i) * biased(i);
        scale = rsqrtf(warpSum(squares) / static_cast<float>(shape.headDim) + inputs.eps);
    }
    // Rounded as the separate operations round.
    const auto prepared = [&](int i) {
        const float x = biased(i);
        return norm == nullptr ? x : toFloat(fromFloat<T>(toFloat(fromFloat<T>(x * scale)) * toFloat(norm[i])));
    };
    const float position = positions[row];
    for (int i = lane; i < half; i += warpSize_) {
        const float x = prepared(i);
        const float y = prepared(i + half);
        float sine = 0;
        float cosine = 1;
        if (isQuery || isKey) {
            sincosf(position * inverseFrequencies[i], &sine, &cosine);
            sine = toFloat(fromFloat<T>(sine));
            cosine = toFloat(fromFloat<T>(cosine));
        }
        target[i] = fromFloat<T>(x * cosine - y * sine);
        target[i + half] = fromFloat<T>(y * cosine + x * sine);
    }
}

template <typename T, int N>
void launchSwiglu(const void* gateUp, void* out, std::int64_t rows, std::int64_t f, Stream stream)
{
    const std::int64_t width = f / N;
    const std::int64_t items = rows * width;
    swigluKernel<T, N><<<static_cast<unsigned>((items + threads - 1) / threads), threads, 0, stream>>>(
        static_cast<const T*>(gateUp), static_cast<T*>(out), items, width);
}

} // namespace

void rmsNorm(Type type, const void* x, const void* weight, void* out, std::int64_t rows, std::int64_t d, float eps,
             Stream stream)
{
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        rmsNormKernel<T><<<static_cast<unsigned>(rows), threads, 0, stream>>>(
            static_cast<const T*>(x), static_cast<const T*>(weight), static_cast<T*>(out), static_cast<int>(d), eps);
    });
    checkLaunch("rmsNorm");
}

void swiglu(Type type, const void* gateUp, void* out, std::int64_t rows, std::int64_t f, Stream stream)
{
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        if (f % packSize<T> == 0)
            launchSwiglu<T, packSize<T>>(gateUp, out, rows, f, stream);
        else
            launchSwiglu<T, 1>(gateUp, out, rows, f, stream);
    });
    checkLaunch("swiglu");
}

void ropeSplit(Type type, const void* qkv, const float* positions, const float* inverseFrequencies,
               const HeadInputs& inputs, void* q, void* keys, void* values, const CacheShape& shape,
               const CacheRows& rows, Stream stream)
{
    constexpr std::int64_t headsPerBlock = threads / warpSize_;
    const std::int64_t all = shape.heads + 2 * shape.kvHeads;
    const dim3 blocks(static_cast<unsigned>(rows.count),
                      static_cast<unsigned>((all + headsPerBlock - 1) / headsPerBlock));
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        ropeSplitKernel<T><<<blocks, threads, 0, stream>>>(
            static_cast<const T*>(qkv), positions, inverseFrequencies, inputs, static_cast<T*>(q),
            static_cast<T*>(keys), static_cast<T*>(values), shape, rows);
    });
    checkLaunch("ropeSplit");
}

} // namespace icae::cuda
