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

/// out[r] = silu(gate)·up. gateUp [rows, 2·f] -> out [rows, f].
void swiglu(Type type, const void* gateUp, void* out, std::int64_t rows, std::int64_t f, Stream stream);

struct RopeShape {
    std::int64_t batch = 0;
    std::int64_t length = 0; ///< T
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t capacity = 0; ///< tokens that the caches hold
};

/// Rotates q and k at the given positions (cosine and sine rounded to the storage type, as HF does), stores k and v
/// behind `past` tokens of the caches.
/// @param qkv [B·T, (heads + 2·kvHeads)·headDim]
/// @param positions [B·T] float32
/// @param q [B, heads, T, headDim]
/// @param keys, values [B, kvHeads, capacity, headDim]
/// @param past on the device
void ropeSplit(Type type, const void* qkv, const float* positions, const float* inverseFrequencies, void* q, void* keys,
               void* values, const RopeShape& shape, const std::int32_t* past, Stream stream);

/// Floats that decodeAttention needs as workspace.
std::int64_t attentionWorkspace(const RopeShape& shape);

/// Attention of one query a sequence over past + 1 cached tokens from starts[b] on, split over the tokens
/// (flash-decoding).
/// @param q [B, heads, headDim]; out [B, heads·headDim]
/// @param past on the device; starts [B] on the device, or nullptr
void decodeAttention(Type type, const void* q, const void* keys, const void* values, void* out, float* workspace,
                     const RopeShape& shape, const std::int32_t* past, const std::int64_t* starts, Stream stream);

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
