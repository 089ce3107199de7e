#include "tensor/cuda/merge_splits.cuh"

#include <algorithm>

namespace icae::cuda {

namespace {

constexpr int warps = 4;
constexpr int threads = warps * warpSize_;
constexpr int largestGroup = 8; ///< query heads that share a pass over keys and values
constexpr int tokensAtOnce = 4; ///< independent loads in flight
constexpr int wantedBlocks = 264; ///< two for each multiprocessor of an H100
constexpr std::int64_t leastTokensPerSplit = 32;

int splitsFor(const CacheShape& shape, std::int64_t rows)
{
    const std::int64_t groups = rows * shape.kvHeads;
    const std::int64_t byBlocks = std::max<std::int64_t>(1, wantedBlocks / groups);
    const std::int64_t byTokens = std::max<std::int64_t>(1, shape.capacity / leastTokensPerSplit);
    return static_cast<int>(std::min<std::int64_t>({byBlocks, byTokens, 64}));
}

/// Index of a lane's e-th number of a head: neighbours where whole packs are loaded, strided otherwise.
template <int E, bool Packed> __device__ int elementOf(int lane, int e)
{
    return Packed ? lane * E + e : lane + warpSize_ * e;
}

template <typename T, int E, bool Packed>
__device__ void loadHead(const T* source, int lane, int headDim, float (&target)[E])
{
    if constexpr (Packed) {
        const auto pack = reinterpret_cast<const Pack<T, E>*>(source)[lane];
        for (int e = 0; e < E; ++e)
            target[e] = toFloat(pack.values[e]);
    } else {
        for (int e = 0; e < E; ++e) {
            const int i = elementOf<E, Packed>(lane, e);
            target[e] = i < headDim ? toFloat(source[i]) : 0.0F;
        }
    }
}

/// A block reads one share of the tokens of one key-value head, for all its query heads. Each warp keeps a running
/// maximum, sum and weighted value (online softmax); the block merges them and writes a partial result.
template <typename T, int E, bool Packed, int Group>
__global__ void __launch_bounds__(threads)
    partialKernel(const T* __restrict__ q, const T* __restrict__ keys, const T* __restrict__ values,
                  float* __restrict__ workspace, CacheShape shape, int splits, CacheRows rows,
                  const std::int64_t* __restrict__ starts, float scale, int firstHead, int group)
{
    const int headDim = static_cast<int>(shape.headDim);
    const int lane = threadIdx.x % warpSize_;
    const int warp = threadIdx.x / warpSize_;
    const std::int64_t row = blockIdx.x / shape.kvHeads;
    const std::int64_t kvHead = blockIdx.x % shape.kvHeads;
    const int split = blockIdx.y;
    const std::int64_t sequence = rows.sequences[row];
    if (sequence < 0)
        return;
    const std::int64_t start = starts == nullptr ? 0 : starts[sequence];
    const std::int64_t total = rows.places[row] + 1 - start;
    const std::int64_t share = (total + splits - 1) / splits;
    const std::int64_t begin = start + split * share;
    const std::int64_t end = min(begin + share, start + total);

    float query[Group][E];
    float best[Group];
    float sum[Group];
    float out[Group][E];
    const std::int64_t queryHead = kvHead * group + firstHead;
#pragma unroll
    for (int g = 0; g < Group; ++g) {
        best[g] = -INFINITY;
        sum[g] = 0;
        for (int e = 0; e < E; ++e)
            out[g][e] = 0;
        loadHead<T, E, Packed>(q + (row * shape.heads + queryHead + g) * headDim, lane, headDim, query[g]);
    }
    const std::int64_t base = (sequence * shape.kvHeads + kvHead) * shape.capacity;
    for (std::int64_t first = begin + warp * tokensAtOnce; first < end; first += warps * tokensAtOnce) {
        float key[tokensAtOnce][E];
        float value[tokensAtOnce][E];
#pragma unroll
        for (int t = 0; t < tokensAtOnce; ++t) {
            const std::int64_t token = min(first + t, end - 1);
            loadHead<T, E, Packed>(keys + (base + token) * headDim, lane, headDim, key[t]);
            loadHead<T, E, Packed>(values + (base + token) * headDim, lane, headDim, value[t]);
        }
#pragma unroll
        for (int t = 0; t < tokensAtOnce; ++t) {
            if (first + t >= end)
                break;
#pragma unroll
            for (int g = 0; g < Group; ++g) {
                float score = 0;
#pragma unroll
                for (int e = 0; e < E; ++e)
                    score += query[g][e] * key[t][e];
                score = warpSum(score) * scale;
                const float greatest = fmaxf(best[g], score);
                const float keep = __expf(best[g] - greatest);
                const float weight = __expf(score - greatest);
                best[g] = greatest;
                sum[g] = sum[g] * keep + weight;
#pragma unroll
                for (int e = 0; e < E; ++e)
                    out[g][e] = out[g][e] * keep + weight * value[t][e];
            }
        }
    }

    __shared__ float sharedBest[warps][Group];
    __shared__ float sharedSum[warps][Group];
    __shared__ float sharedOut[warps][Group][E * warpSize_];
#pragma unroll
    for (int g = 0; g < Group; ++g) {
        if (lane == 0) {
            sharedBest[warp][g] = best[g];
            sharedSum[warp][g] = sum[g];
        }
        for (int e = 0; e < E; ++e)
            sharedOut[warp][g][elementOf<E, Packed>(lane, e)] = out[g][e];
    }
    __syncthreads();
    // Partial results: [rows·heads, splits, 2 + headDim] with maximum and sum first.
    for (int g = 0; g < Group; ++g) {
        float greatest = -INFINITY;
        for (int w = 0; w < warps; ++w)
            greatest = fmaxf(greatest, sharedBest[w][g]);
        float* target = workspace + ((row * shape.heads + queryHead + g) * splits + split) * (headDim + 2);
        float all = 0;
        for (int w = 0; w < warps; ++w)
            all += sharedSum[w][g] == 0 ? 0 : sharedSum[w][g] * __expf(sharedBest[w][g] - greatest);
        if (threadIdx.x == 0) {
            target[0] = greatest;
            target[1] = all;
        }
        for (int i = threadIdx.x; i < headDim; i += threads) {
            float merged = 0;
            for (int w = 0; w < warps; ++w)
                merged += sharedSum[w][g] == 0 ? 0 : sharedOut[w][g][i] * __expf(sharedBest[w][g] - greatest);
            target[2 + i] = merged;
        }
    }
}

template <typename T> struct Launch {
    const T* q;
    const T* keys;
    const T* values;
    float* workspace;
    CacheShape shape;
    int splits;
    CacheRows rows;
    const std::int64_t* starts;
    Stream stream;

    template <int E, bool Packed, int Group> void partial(int firstHead, int group) const
    {
        const dim3 grid(static_cast<unsigned>(rows.count * shape.kvHeads), static_cast<unsigned>(splits));
        partialKernel<T, E, Packed, Group>
            <<<grid, threads, 0, stream>>>(q, keys, values, workspace, shape, splits, rows, starts,
                                           1.0F / sqrtf(static_cast<float>(shape.headDim)), firstHead, group);
    }

    /// All query heads of a group, in passes of at most largestGroup heads.
    template <int E, bool Packed> void heads() const
    {
        const int group = static_cast<int>(shape.heads / shape.kvHeads);
        for (int first = 0; first < group;) {
            const int left = group - first;
            const int step = left >= largestGroup ? largestGroup : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            if (step == largestGroup)
                partial<E, Packed, largestGroup>(first, group);
            else if (step == 4)
                partial<E, Packed, 4>(first, group);
            else if (step == 2)
                partial<E, Packed, 2>(first, group);
            else
                partial<E, Packed, 1>(first, group);
            first += step;
        }
    }

    void run() const
    {
        switch (shape.headDim) {
        case 64:
            return heads<2, true>();
        case 128:
            return heads<4, true>();
        default:
            if (shape.headDim <= 64)
                return heads<2, false>();
            if (shape.headDim <= 128)
                return heads<4, false>();
            if (shape.headDim <= 256)
                return heads<8, false>();
            throw std::runtime_error("decodeAttention: heads of more than 256 numbers are not supported");
        }
    }
};

} // namespace

std::int64_t decodeWorkspace(const CacheShape& shape, std::int64_t rows)
{
    return rows * shape.heads * splitsFor(shape, rows) * (shape.headDim + 2);
}

void decodeAttention(Type type, const void* q, const void* keys, const void* values, void* out, float* workspace,
                     const CacheShape& shape, const CacheRows& rows, const std::int64_t* starts, Stream stream)
{
    const int splits = splitsFor(shape, rows.count);
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        const Launch<T> launch{static_cast<const T*>(q),
                               static_cast<const T*>(keys),
                               static_cast<const T*>(values),
                               workspace,
                               shape,
                               splits,
                               rows,
                               starts,
                               stream};
        launch.run();
        checkLaunch("decodeAttention");
        mergeSplits<T><<<static_cast<unsigned>(rows.count * shape.heads), mergeThreads, 0, stream>>>(
            workspace, static_cast<T*>(out), splits, static_cast<int>(shape.headDim));
    });
    checkLaunch("decodeAttention merge");
}

} // namespace icae::cuda
