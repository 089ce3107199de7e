#pragma once

// Float32 loops for the CPU, without LibTorch: each is compiled for several instruction sets and picks at load time.

#include <cstdint>

namespace icae::cpu {

/// out[r] = x[r] · rsqrt(mean(x[r]²) + eps) · weight, for one row of d numbers. out may be x.
void rmsNormRow(const float* x, const float* weight, float* out, std::int64_t d, float eps);

/// out = silu(gate) · up, n numbers. out may be gate.
void swigluRow(const float* gate, const float* up, float* out, std::int64_t n);

/// What a row of heads [heads + 2·kvHeads, headDim] gets between its projection and RoPE; nullptr: nothing.
struct HeadInputs {
    const float* bias = nullptr; ///< [(heads + 2·kvHeads)·headDim]
    const float* queryNorm = nullptr; ///< [headDim]; keyNorm is there, too
    const float* keyNorm = nullptr;
    float eps = 0;

    bool any() const { return bias != nullptr || queryNorm != nullptr; }
};

/// Adds the bias to a row and normalises its heads of q and k, in place.
void prepareHeads(float* row, const HeadInputs& inputs, std::int64_t heads, std::int64_t kvHeads, std::int64_t headDim);

/// cos and sin of position · inverseFrequencies, half numbers each.
void rotation(float position, const float* inverseFrequencies, float* cos, float* sin, std::int64_t half);

/// Rotates the pairs (x[i], x[i + half]) into out (HF's "rotate half"). out may be x.
void rotate(const float* x, const float* cos, const float* sin, float* out, std::int64_t half);

/// Softmax in place over scores[0..n).
void softmaxRow(float* scores, std::int64_t n);

/// A few vectors against rows of a matrix: out[c·outStride + r] = dot(weight[r], x[c]) for rows rowBegin..rowEnd-1 and
/// columns 0..columns-1, plus what out holds where accumulate is set. The matrix is read once, whatever the number of
/// columns: that read is what bounds the decoding of one token.
/// @param weight rows of length depth, contiguous
/// @param x columns of length depth, contiguous
void matrixVectors(const float* weight, const float* x, float* out, std::int64_t outStride, std::int64_t columns,
                   std::int64_t depth, std::int64_t rowBegin, std::int64_t rowEnd, bool accumulate);

/// Attention of one query over n cached tokens: out[d] = softmax(q·keysᵀ · scale)·values.
/// @param keys, values [n, headDim], contiguous
/// @param scores room for n numbers
void attendRow(const float* q, const float* keys, const float* values, float* out, float* scores, std::int64_t n,
               std::int64_t headDim, float scale);

/// Sum of n numbers, for measuring how fast memory can be read.
float sum(const float* x, std::int64_t n);

} // namespace icae::cpu
