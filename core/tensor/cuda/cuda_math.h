#pragma once

// Fused kernels for one CUDA device, without LibTorch. Each starts work on a stream and returns; all may be captured in
// a graph. Storage is F32, F16 or BF16; sums are float32. A launch that fails throws std::runtime_error.

#include <cstdint>

struct CUstream_st;

namespace icae::cuda {

using Stream = CUstream_st*;

enum class Type { F32, F16, BF16 };

/// out[r] = x[r]·rsqrt(mean(x[r]²) + eps), rounded to the storage type, then ·weight, as HF does. x, out [rows, d].
void rmsNorm(Type type, const void* x, const void* weight, void* out, std::int64_t rows, std::int64_t d, float eps,
             Stream stream);

/// Heads of a batch of equally long sequences, in training.
struct RopeShape {
    std::int64_t batch = 0;
    std::int64_t length = 0; ///< T
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
};

// Training. Rows of at most mostTrainedWidth numbers, a multiple of 8.
inline constexpr std::int64_t mostTrainedWidth = 8192;

/// sum = x + added (added may be nullptr; sum is not written then), out = RMSNorm(sum)·weight, scale [rows].
void addRmsNorm(Type type, const void* x, const void* added, const void* weight, void* sum, void* out, float* scale,
                std::int64_t rows, std::int64_t d, float eps, Stream stream);

/// Blocks that addRmsNormBackward runs in.
std::int64_t normGradientBlocks(std::int64_t rows, std::int64_t d);

/// Gradient of sum; with partial [normGradientBlocks, d] also that of weight, as summands a block.
/// @param sumGradient what comes back on the residual's way; may be nullptr
void addRmsNormBackward(Type type, const void* sumGradient, const void* outGradient, const void* sum,
                        const void* weight, const float* scale, void* gradient, float* partial, std::int64_t rows,
                        std::int64_t d, Stream stream);

/// Rotates q and k of qkv [rows, heads + 2·kvHeads, headDim] in place; cosine and sine [rows, headDim / 2].
void rotate(Type type, void* qkv, const float* cosine, const float* sine, const RopeShape& shape, Stream stream);

/// Where a tensor [B, heads, T, headDim] lies; headDim is contiguous. In numbers.
struct HeadStrides {
    const void* data = nullptr;
    std::int64_t sequence = 0;
    std::int64_t head = 0;
    std::int64_t token = 0;
};

/// Gradients of rotated q, k and of v -> gradient of qkv [B·T, (heads + 2·kvHeads)·headDim].
void unrotate(Type type, const HeadStrides& q, const HeadStrides& k, const HeadStrides& v, const float* cosine,
              const float* sine, void* out, const RopeShape& shape, Stream stream);

/// gateUp, gradient [rows, 2·f]; outGradient [rows, f].
void swigluBackward(Type type, const void* gateUp, const void* outGradient, void* gradient, std::int64_t rows,
                    std::int64_t f, Stream stream);

/// loss[r] = −ln softmax(logits[r])[target]; logits become factor·(softmax − one-hot). Without a target (negative): 0.
void crossEntropy(Type type, void* logits, const std::int64_t* targets, const float* factor, float* loss,
                  std::int64_t rows, std::int64_t vocabulary, Stream stream);

/// out[r] = silu(gate)·up. gateUp [rows, 2·f] -> out [rows, f].
void swiglu(Type type, const void* gateUp, void* out, std::int64_t rows, std::int64_t f, Stream stream);

/// Key-value caches [B, kvHeads, capacity, headDim], and the heads that read them.
struct CacheShape {
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t capacity = 0; ///< tokens a sequence
};

/// Where the rows of a forward belong; both arrays on the device.
struct CacheRows {
    std::int64_t count = 0;
    const std::int32_t* sequences = nullptr; ///< negative: a row that only fills up, and belongs nowhere
    const std::int32_t* places = nullptr; ///< in the sequence's cache
};

/// What q, k and v get between their projection and RoPE, in the storage type; nullptr: nothing.
struct HeadInputs {
    const void* bias = nullptr; ///< [(heads + 2·kvHeads)·headDim]
    const void* queryNorm = nullptr; ///< [headDim], of the RMSNorm of each head of q
    const void* keyNorm = nullptr; ///< [headDim]
    float eps = 0;
};

/// Rotates q and k at the given positions (cosine and sine rounded to the storage type, as HF does), after what
/// `inputs` asks for, and stores k and v in the rows' places of the caches.
/// @param qkv [rows, (heads + 2·kvHeads)·headDim]
/// @param positions [rows] float32
/// @param q [rows, heads, headDim]
void ropeSplit(Type type, const void* qkv, const float* positions, const float* inverseFrequencies,
               const HeadInputs& inputs, void* q, void* keys, void* values, const CacheShape& shape,
               const CacheRows& rows, Stream stream);

/// Floats that decodeAttention needs as workspace.
std::int64_t decodeWorkspace(const CacheShape& shape, std::int64_t rows);

/// Attention of one query a sequence over the cached tokens from starts[sequence] up to its own place, split over the
/// tokens (flash-decoding).
/// @param q [rows, heads, headDim]; out [rows, heads·headDim]
/// @param starts [B] on the device, or nullptr
void decodeAttention(Type type, const void* q, const void* keys, const void* values, void* out, float* workspace,
                     const CacheShape& shape, const CacheRows& rows, const std::int64_t* starts, Stream stream);

/// Neighbouring queries of one sequence, which read keys and values together. The queries of a sequence and a
/// key-value head are counted by row, then by head of the group.
struct QueryTile {
    std::int32_t sequence = 0;
    std::int32_t firstRow = 0; ///< of the sequence's rows
    std::int32_t rows = 0; ///< that the sequence has; 0: a tile that only fills up
    std::int32_t past = 0; ///< tokens in its cache before them
    std::int32_t firstQuery = 0;
};
inline constexpr std::int64_t queriesPerTile = 16;
inline constexpr std::int64_t mostBlockHeadDim = 128; ///< of blockAttention

/// Floats that blockAttention needs as workspace.
std::int64_t blockWorkspace(const CacheShape& shape, std::int64_t rows, std::int64_t tiles);

/// Attention of a few queries a sequence, each over the cached tokens from starts[sequence] up to its own place, split
/// over the tokens. The caches are read where they lie.
/// @param q [rows, heads, headDim]; out [rows, heads·headDim]
/// @param tiles [tileCount] on the device
void blockAttention(Type type, const void* q, const void* keys, const void* values, void* out, float* workspace,
                    const CacheShape& shape, std::int64_t rows, const QueryTile* tiles, std::int64_t tileCount,
                    const std::int64_t* starts, Stream stream);

/// Sequences up to which matrixVector beats a library's product.
inline constexpr std::int64_t mostColumns = 4;

/// y[b] (+)= weight·x[b]. weight [n, depth], x [columns, depth], y [columns, n]; depth a multiple of 8 (F16, BF16) or 4
/// (F32).
void matrixVector(Type type, const void* weight, const void* x, void* y, std::int64_t n, std::int64_t depth,
                  std::int64_t columns, bool accumulate, Stream stream);

/// y[b] = silu(gate·x[b])·(up·x[b]). gateUp [2·f, depth] -> y [columns, f].
void matrixVectorSwiglu(Type type, const void* gateUp, const void* x, void* y, std::int64_t f, std::int64_t depth,
                        std::int64_t columns, Stream stream);

} // namespace icae::cuda
