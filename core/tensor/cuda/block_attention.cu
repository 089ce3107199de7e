#include "tensor/cuda/merge_splits.cuh"

#include <algorithm>

namespace icae::cuda {

namespace {

constexpr int warps = 4;
constexpr int threads = warps * warpSize_;
constexpr int tokensPerTile = warpSize_; ///< a lane a token where scores are computed
constexpr int queriesPerWarp = static_cast<int>(queriesPerTile) / warps;
constexpr int wantedBlocks = 528; ///< four for each multiprocessor of an H100
constexpr std::int64_t leastTokensPerSplit = 2 * tokensPerTile;

static_assert(queriesPerWarp == 4, "four queries' numbers are loaded at once");

int splitsFor(const CacheShape& shape, std::int64_t tiles)
{
    const std::int64_t byBlocks = std::max<std::int64_t>(1, wantedBlocks / (tiles * shape.kvHeads));
    const std::int64_t byTokens = std::max<std::int64_t>(1, shape.capacity / leastTokensPerSplit);
    return static_cast<int>(std::min<std::int64_t>({byBlocks, byTokens, 64}));
}

__device__ inline float warpMax(float x)
{
    for (int offset = warpSize_ / 2; offset > 0; offset /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffffU, x, offset));
    return x;
}

/// Where one of a tile's queries lies; row < 0: there is none.
struct Query {
    std::int64_t row = -1;
    std::int64_t head = 0;
    std::int64_t place = -1; ///< of its own token
};

__device__ inline Query queryOf(const QueryTile& tile, const CacheShape& shape, int kvHead, int index)
{
    const int group = static_cast<int>(shape.heads / shape.kvHeads);
    const int q = tile.firstQuery + index;
    if (q >= tile.rows * group)
        return {};
    return {tile.firstRow + q / group, kvHead * group + q % group, tile.past + q / group};
}

/// A block computes a tile of queries over one share of the tokens: tiles of keys and values pass through shared
/// memory as float32, each warp has four queries of its own and keeps a running maximum, sum and weighted value.
template <typename T, int HeadDim>
__global__ void __launch_bounds__(threads)
    blockKernel(const T* __restrict__ q, const T* __restrict__ keys, const T* __restrict__ values,
                float* __restrict__ workspace, CacheShape shape, const QueryTile* __restrict__ tiles, int splits,
                const std::int64_t* __restrict__ starts, float scale)
{
    constexpr int padded = HeadDim + 4; // lanes that read neighbouring rows meet in no bank
    constexpr int owned = HeadDim / warpSize_; // numbers of a head that a lane sums up
    __shared__ __align__(16) float sharedQuery[queriesPerTile][HeadDim];
    __shared__ __align__(16) float sharedKey[tokensPerTile][padded];
    __shared__ __align__(16) float sharedValue[tokensPerTile][HeadDim];
    __shared__ __align__(16) float sharedWeight[warps][tokensPerTile][queriesPerWarp];

    const QueryTile tile = tiles[blockIdx.x / shape.kvHeads];
    if (tile.rows == 0)
        return;
    const int kvHead = static_cast<int>(blockIdx.x % shape.kvHeads);
    const int split = static_cast<int>(blockIdx.y);
    const int lane = threadIdx.x % warpSize_;
    const int warp = threadIdx.x / warpSize_;
    const int headDim = static_cast<int>(shape.headDim);
    const int group = static_cast<int>(shape.heads / shape.kvHeads);

    const std::int64_t start = starts == nullptr ? 0 : starts[tile.sequence];
    const int lastQuery = min(tile.firstQuery + static_cast<int>(queriesPerTile), tile.rows * group) - 1;
    const std::int64_t total = tile.past + lastQuery / group + 1 - start;
    const std::int64_t share = (total + splits - 1) / splits;
    const std::int64_t begin = start + split * share;
    const std::int64_t end = min(begin + share, start + total);

    for (int i = threadIdx.x; i < queriesPerTile * HeadDim; i += threads) {
        const auto query = queryOf(tile, shape, kvHead, i / HeadDim);
        const int e = i % HeadDim;
        sharedQuery[i / HeadDim][e] =
            query.row >= 0 && e < headDim ? toFloat(q[(query.row * shape.heads + query.head) * headDim + e]) : 0.0F;
    }
    std::int64_t place[queriesPerWarp];
    float best[queriesPerWarp];
    float sum[queriesPerWarp];
    float out[queriesPerWarp][owned];
#pragma unroll
    for (int i = 0; i < queriesPerWarp; ++i) {
        place[i] = queryOf(tile, shape, kvHead, warp * queriesPerWarp + i).place;
        best[i] = -INFINITY;
        sum[i] = 0;
        for (int e = 0; e < owned; ++e)
            out[i][e] = 0;
    }

    const std::int64_t base = (tile.sequence * shape.kvHeads + kvHead) * shape.capacity;
    for (std::int64_t first = begin; first < end; first += tokensPerTile) {
        __syncthreads();
        constexpr int n = packSize<T>;
        if (headDim == HeadDim) {
            for (int i = threadIdx.x; i < tokensPerTile * HeadDim / n; i += threads) {
                const int t = i / (HeadDim / n);
                const int e = i % (HeadDim / n) * n;
                const std::int64_t token = min(first + t, end - 1);
                const auto key = *reinterpret_cast<const Pack<T, n>*>(keys + (base + token) * HeadDim + e);
                const auto value = *reinterpret_cast<const Pack<T, n>*>(values + (base + token) * HeadDim + e);
                for (int j = 0; j < n; ++j) {
                    sharedKey[t][e + j] = toFloat(key.values[j]);
                    sharedValue[t][e + j] = toFloat(value.values[j]);
                }
            }
        } else {
            for (int i = threadIdx.x; i < tokensPerTile * HeadDim; i += threads) {
                const int t = i / HeadDim;
                const int e = i % HeadDim;
                const std::int64_t token = (base + min(first + t, end - 1)) * headDim;
                sharedKey[t][e] = e < headDim ? toFloat(keys[token + e]) : 0.0F;
                sharedValue[t][e] = e < headDim ? toFloat(values[token + e]) : 0.0F;
            }
        }
        __syncthreads();

        float score[queriesPerWarp] = {};
#pragma unroll 8
        for (int e = 0; e < HeadDim; e += 4) {
            const float4 key = *reinterpret_cast<const float4*>(&sharedKey[lane][e]);
#pragma unroll
            for (int i = 0; i < queriesPerWarp; ++i) {
                const float4 x = *reinterpret_cast<const float4*>(&sharedQuery[warp * queriesPerWarp + i][e]);
                score[i] += x.x * key.x + x.y * key.y + x.z * key.z + x.w * key.w;
            }
        }
#pragma unroll
        for (int i = 0; i < queriesPerWarp; ++i) {
            const bool visible = first + lane < end && first + lane <= place[i];
            const float own = visible ? score[i] * scale : -INFINITY;
            const float greatest = fmaxf(best[i], warpMax(own));
            const float weight = visible ? __expf(own - greatest) : 0.0F;
            const float keep = best[i] == -INFINITY ? 0.0F : __expf(best[i] - greatest);
            best[i] = greatest;
            sum[i] = sum[i] * keep + warpSum(weight);
            sharedWeight[warp][lane][i] = weight;
#pragma unroll
            for (int e = 0; e < owned; ++e)
                out[i][e] *= keep;
        }
        __syncwarp();
#pragma unroll 4
        for (int t = 0; t < tokensPerTile; ++t) {
            const float4 weight = *reinterpret_cast<const float4*>(sharedWeight[warp][t]);
            const auto value = *reinterpret_cast<const Pack<float, owned>*>(&sharedValue[t][lane * owned]);
#pragma unroll
            for (int e = 0; e < owned; ++e) {
                out[0][e] += weight.x * value.values[e];
                out[1][e] += weight.y * value.values[e];
                out[2][e] += weight.z * value.values[e];
                out[3][e] += weight.w * value.values[e];
            }
        }
    }

#pragma unroll
    for (int i = 0; i < queriesPerWarp; ++i) {
        const auto query = queryOf(tile, shape, kvHead, warp * queriesPerWarp + i);
        if (query.row < 0)
            continue;
        float* target = workspace + ((query.row * shape.heads + query.head) * splits + split) * (headDim + 2);
        if (lane == 0) {
            target[0] = best[i];
            target[1] = sum[i];
        }
        for (int e = 0; e < owned; ++e)
            if (lane * owned + e < headDim)
                target[2 + lane * owned + e] = out[i][e];
    }
}

} // namespace

std::int64_t blockWorkspace(const CacheShape& shape, std::int64_t rows, std::int64_t tiles)
{
    return rows * shape.heads * splitsFor(shape, tiles) * (shape.headDim + 2);
}

void blockAttention(Type type, const void* q, const void* keys, const void* values, void* out, float* workspace,
                    const CacheShape& shape, std::int64_t rows, const QueryTile* tiles, std::int64_t tileCount,
                    const std::int64_t* starts, Stream stream)
{
    if (shape.headDim > mostBlockHeadDim)
        throw std::runtime_error("blockAttention: heads of more than 128 numbers are not supported");
    const int splits = splitsFor(shape, tileCount);
    const dim3 grid(static_cast<unsigned>(tileCount * shape.kvHeads), static_cast<unsigned>(splits));
    const float scale = 1.0F / sqrtf(static_cast<float>(shape.headDim));
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        const auto launch = [&](auto kernel) {
            kernel<<<grid, threads, 0, stream>>>(static_cast<const T*>(q), static_cast<const T*>(keys),
                                                 static_cast<const T*>(values), workspace, shape, tiles, splits, starts,
                                                 scale);
        };
        if (shape.headDim <= 64)
            launch(blockKernel<T, 64>);
        else
            launch(blockKernel<T, 128>);
        checkLaunch("blockAttention");
        mergeSplits<T><<<static_cast<unsigned>(rows * shape.heads), mergeThreads, 0, stream>>>(
            workspace, static_cast<T*>(out), splits, static_cast<int>(shape.headDim));
    });
    checkLaunch("blockAttention merge");
}

} // namespace icae::cuda
