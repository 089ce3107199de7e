#include "tensor/cpu_math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define ICAE_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ICAE_MULTIVERSION
#endif
#define ICAE_INLINE inline __attribute__((always_inline))

namespace icae::cpu {

namespace {

// As wide as AVX-512's registers, and as AVX's.
constexpr std::int64_t lanes = 16;
using Vector = float __attribute__((vector_size(lanes * sizeof(float))));
using HalfVector = float __attribute__((vector_size(lanes / 2 * sizeof(float))));

// Cephes' expf (Moshier): 2^n · p(r) with |r| <= ln2/2; relative error below 1e-7. Adding 1.5·2^23 rounds to the
// nearest integer and leaves it in the low bits, which vectorises without SSE4.1.
ICAE_INLINE float fastExp(float x)
{
    constexpr float rounder = 12582912.0F;
    x = std::min(std::max(x, -87.0F), 88.0F);
    const float shifted = x * 1.44269504F + rounder;
    const float n = shifted - rounder;
    const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const auto bits = (std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U;
    return p * std::bit_cast<float>(bits);
}

template <typename V = Vector> ICAE_INLINE V load(const float* x)
{
    V v;
    std::memcpy(&v, x, sizeof v);
    return v;
}

ICAE_INLINE float horizontalSum(HalfVector v)
{
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
    return v[0] + v[1];
}

ICAE_INLINE float horizontalSum(Vector v)
{
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    return v[0] + v[1];
}

// Rows × Columns dot products at once: enough independent sums to hide the latency of the loads.
// @param rowStep from one row to the next one, in rows
template <typename V, int Rows, int Columns>
ICAE_INLINE void dotBlock(const float* weight, std::int64_t rowStep, const float* x, float* out, std::int64_t outStride,
                          std::int64_t depth, bool accumulate)
{
    constexpr auto width = static_cast<std::int64_t>(sizeof(V) / sizeof(float));
    std::array<std::array<V, Columns>, Rows> sums{};
    const std::int64_t step = rowStep * depth;
    std::int64_t k = 0;
    for (; k + width <= depth; k += width) {
        std::array<V, Columns> columns;
        for (int c = 0; c < Columns; ++c)
            columns[c] = load<V>(x + c * depth + k);
        for (int r = 0; r < Rows; ++r) {
            const auto row = load<V>(weight + r * step + k);
            for (int c = 0; c < Columns; ++c)
                sums[r][c] += row * columns[c];
        }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int c = 0; c < Columns; ++c) {
            float total = horizontalSum(sums[r][c]);
            for (std::int64_t tail = k; tail < depth; ++tail)
                total += weight[r * step + tail] * x[c * depth + tail];
            float& target = out[c * outStride + r * rowStep];
            target = accumulate ? target + total : total;
        }
    }
}

template <typename V, int Most, int Rows>
ICAE_INLINE void dotRows(const float* weight, std::int64_t rowStep, const float* x, float* out, std::int64_t outStride,
                         std::int64_t columns, std::int64_t depth, bool accumulate)
{
    std::int64_t c = 0;
    for (; c + Most <= columns; c += Most)
        dotBlock<V, Rows, Most>(weight, rowStep, x + c * depth, out + c * outStride, outStride, depth, accumulate);
    for (; c + 2 <= columns; c += 2)
        dotBlock<V, Rows, 2>(weight, rowStep, x + c * depth, out + c * outStride, outStride, depth, accumulate);
    if (c < columns)
        dotBlock<V, Rows, 1>(weight, rowStep, x + c * depth, out + c * outStride, outStride, depth, accumulate);
}

/// matrixVectors(), Most columns at a time.
template <typename V, int Most>
ICAE_INLINE void multiply(const float* weight, const float* x, float* out, std::int64_t outStride, std::int64_t columns,
                          std::int64_t depth, std::int64_t rowBegin, std::int64_t rowEnd, bool accumulate)
{
    // The rows that are read together lie a quarter of all apart: four streams, each of which goes on from one row to
    // the next, are prefetched, where four neighbouring rows would each begin anew after a few lines.
    constexpr std::int64_t streams = 4;
    const std::int64_t quarter = (rowEnd - rowBegin) / streams;
    for (std::int64_t row = rowBegin; row < rowBegin + quarter; ++row)
        dotRows<V, Most, streams>(weight + row * depth, quarter, x, out + row, outStride, columns, depth, accumulate);
    for (std::int64_t row = rowBegin + streams * quarter; row < rowEnd; ++row)
        dotRows<V, Most, 1>(weight + row * depth, 1, x, out + row, outStride, columns, depth, accumulate);
}

ICAE_INLINE void softmax(float* scores, std::int64_t n)
{
    float greatest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : greatest)
    for (std::int64_t i = 0; i < n; ++i)
        greatest = std::max(greatest, scores[i]);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (std::int64_t i = 0; i < n; ++i) {
        scores[i] = fastExp(scores[i] - greatest);
        total += scores[i];
    }
    const float inverse = 1.0F / total;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i)
        scores[i] *= inverse;
}

} // namespace

ICAE_MULTIVERSION void rmsNormRow(const float* x, const float* weight, float* out, std::int64_t d, float eps)
{
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (std::int64_t i = 0; i < d; ++i)
        squares += x[i] * x[i];
    const float scale = 1.0F / std::sqrt(squares / static_cast<float>(d) + eps);
#pragma omp simd
    for (std::int64_t i = 0; i < d; ++i)
        out[i] = x[i] * scale * weight[i];
}

ICAE_MULTIVERSION void swigluRow(const float* gate, const float* up, float* out, std::int64_t n)
{
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i)
        out[i] = gate[i] / (1.0F + fastExp(-gate[i])) * up[i];
}

void prepareHeads(float* row, const HeadInputs& inputs, std::int64_t heads, std::int64_t kvHeads, std::int64_t headDim)
{
    if (inputs.bias != nullptr)
        for (std::int64_t i = 0; i < (heads + 2 * kvHeads) * headDim; ++i)
            row[i] += inputs.bias[i];
    if (inputs.queryNorm == nullptr)
        return;
    for (std::int64_t head = 0; head < heads + kvHeads; ++head, row += headDim)
        rmsNormRow(row, head < heads ? inputs.queryNorm : inputs.keyNorm, row, headDim, inputs.eps);
}

void rotation(float position, const float* inverseFrequencies, float* cos, float* sin, std::int64_t half)
{
    for (std::int64_t i = 0; i < half; ++i) {
        const float angle = position * inverseFrequencies[i];
        cos[i] = std::cos(angle);
        sin[i] = std::sin(angle);
    }
}

ICAE_MULTIVERSION void rotate(const float* x, const float* cos, const float* sin, float* out, std::int64_t half)
{
#pragma omp simd
    for (std::int64_t i = 0; i < half; ++i) {
        const float a = x[i];
        const float b = x[i + half];
        out[i] = a * cos[i] - b * sin[i];
        out[i + half] = b * cos[i] + a * sin[i];
    }
}

ICAE_MULTIVERSION void softmaxRow(float* scores, std::int64_t n)
{
    softmax(scores, n);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
namespace {

// How many sums there is room for depends on the registers, so each set of them has a function of its own.
__attribute__((target("arch=x86-64-v4"))) void multiplyV4(const float* weight, const float* x, float* out,
                                                          std::int64_t outStride, std::int64_t columns,
                                                          std::int64_t depth, std::int64_t rowBegin,
                                                          std::int64_t rowEnd, bool accumulate)
{
    multiply<Vector, 4>(weight, x, out, outStride, columns, depth, rowBegin, rowEnd, accumulate);
}

__attribute__((target("arch=x86-64-v3"))) void multiplyV3(const float* weight, const float* x, float* out,
                                                          std::int64_t outStride, std::int64_t columns,
                                                          std::int64_t depth, std::int64_t rowBegin,
                                                          std::int64_t rowEnd, bool accumulate)
{
    multiply<HalfVector, 2>(weight, x, out, outStride, columns, depth, rowBegin, rowEnd, accumulate);
}

void multiplyV1(const float* weight, const float* x, float* out, std::int64_t outStride, std::int64_t columns,
                std::int64_t depth, std::int64_t rowBegin, std::int64_t rowEnd, bool accumulate)
{
    multiply<HalfVector, 1>(weight, x, out, outStride, columns, depth, rowBegin, rowEnd, accumulate);
}

} // namespace

void matrixVectors(const float* weight, const float* x, float* out, std::int64_t outStride, std::int64_t columns,
                   std::int64_t depth, std::int64_t rowBegin, std::int64_t rowEnd, bool accumulate)
{
    static const auto best = __builtin_cpu_supports("x86-64-v4") ? multiplyV4
        : __builtin_cpu_supports("x86-64-v3")                    ? multiplyV3
                                                                 : multiplyV1;
    best(weight, x, out, outStride, columns, depth, rowBegin, rowEnd, accumulate);
}
#else
void matrixVectors(const float* weight, const float* x, float* out, std::int64_t outStride, std::int64_t columns,
                   std::int64_t depth, std::int64_t rowBegin, std::int64_t rowEnd, bool accumulate)
{
    multiply<HalfVector, 2>(weight, x, out, outStride, columns, depth, rowBegin, rowEnd, accumulate);
}
#endif

ICAE_MULTIVERSION void attendRow(const float* q, const float* keys, const float* values, float* out, float* scores,
                                 std::int64_t n, std::int64_t headDim, float scale)
{
    std::int64_t j = 0;
    for (; j + 4 <= n; j += 4)
        dotBlock<Vector, 4, 1>(keys + j * headDim, 1, q, scores + j, 0, headDim, false);
    for (; j < n; ++j)
        dotBlock<Vector, 1, 1>(keys + j * headDim, 1, q, scores + j, 0, headDim, false);
#pragma omp simd
    for (j = 0; j < n; ++j)
        scores[j] *= scale;
    softmax(scores, n);
    std::fill_n(out, headDim, 0.0F);
    j = 0;
    for (; j + 4 <= n; j += 4) {
        const float* v = values + j * headDim;
#pragma omp simd
        for (std::int64_t i = 0; i < headDim; ++i)
            out[i] += scores[j] * v[i] + scores[j + 1] * v[headDim + i] + scores[j + 2] * v[2 * headDim + i]
                + scores[j + 3] * v[3 * headDim + i];
    }
    for (; j < n; ++j)
#pragma omp simd
        for (std::int64_t i = 0; i < headDim; ++i)
            out[i] += scores[j] * values[j * headDim + i];
}

ICAE_MULTIVERSION float sum(const float* x, std::int64_t n)
{
    // Several streams at once, since the hardware prefetches each on its own: one alone reads a third slower.
    constexpr std::int64_t streams = 4;
    const std::int64_t length = n / streams / (2 * lanes) * (2 * lanes);
    std::array<Vector, 2 * streams> sums{};
    for (std::int64_t i = 0; i < length; i += 2 * lanes) {
        for (std::int64_t s = 0; s < streams; ++s) {
            sums[2 * s] += load(x + s * length + i);
            sums[2 * s + 1] += load(x + s * length + i + lanes);
        }
    }
    float total = 0;
    for (const auto& part : sums)
        total += horizontalSum(part);
    for (std::int64_t i = streams * length; i < n; ++i)
        total += x[i];
    return total;
}

} // namespace icae::cpu
