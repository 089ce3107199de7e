#include "llm/cpu_work.h"

#include "tensor/cpu_math.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

/// Copies or adds columns [begin, begin + n) of each vector.
void deliverColumns(const float* room, std::int64_t vectors, std::int64_t n, float* out, std::int64_t stride,
                    bool accumulate)
{
    for (std::int64_t b = 0; b < vectors; ++b) {
        for (std::int64_t i = 0; i < n; ++i)
            out[b * stride + i] = room[b * n + i] + (accumulate ? out[b * stride + i] : 0.0F);
    }
}

constexpr std::int64_t rowsAtOnce = 4; // as cpu::matrixVectors computes them

std::int64_t wholeBlocks(std::int64_t rows)
{
    return rows / rowsAtOnce * rowsAtOnce;
}

} // namespace

RowChunks::RowChunks(std::int64_t rows, std::int64_t depth, int threads)
    : m_rows(rows)
    , m_threads(threads)
{
    // Measured with the matrices of a 27 M base: many small chunks alone cost up to 9 %, since each starts to read
    // anew.
    constexpr std::int64_t laterChunksPerThread = 4;
    constexpr std::int64_t mostFirst = 1 << 19; // numbers: about 200 µs
    constexpr std::int64_t mostLater = 1 << 16;
    m_first = wholeBlocks(std::min(rows * 7 / (std::int64_t{8} * threads), mostFirst / depth));
    const auto rest = rows - m_first * threads;
    m_later = wholeBlocks(std::min(rest / (laterChunksPerThread * threads), mostLater / depth));
    m_later = std::max(m_later, rowsAtOnce);
}

std::int64_t RowChunks::count() const
{
    return m_threads + (m_rows - m_first * m_threads + m_later - 1) / m_later;
}

RowChunks::Range RowChunks::operator[](std::int64_t chunk) const
{
    if (chunk < m_threads)
        return {chunk * m_first, m_first};
    const auto begin = m_first * m_threads + (chunk - m_threads) * m_later;
    return {begin, std::min(m_later, m_rows - begin)};
}

ProductWork::ProductWork(const Shape& shape, const float* matrix, const float* x, float* out, bool accumulate,
                         int threads)
    : m_shape(shape)
    , m_chunks(shape.rows, shape.depth, threads)
    , m_matrix(matrix)
    , m_x(x)
    , m_out(out)
    , m_accumulate(accumulate)
{
}

std::span<const float> ProductWork::input() const
{
    return {m_x, static_cast<std::size_t>(vectors() * m_shape.depth)};
}

void ProductWork::compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const
{
    const auto [begin, n] = m_chunks[chunk];
    cpu::matrixVectors(m_matrix + begin * m_shape.depth, input, room, n, argument, m_shape.depth, 0, n, false);
}

void ProductWork::deliver(std::int64_t chunk, const float* room)
{
    const auto [begin, n] = m_chunks[chunk];
    deliverColumns(room, vectors(), n, m_out + begin, m_shape.rows, m_accumulate);
}

GatedWork::GatedWork(const ProductWork::Shape& shape, const float* matrix, const float* x, float* out, int threads)
    : m_shape(shape)
    , m_chunks(shape.rows, 2 * shape.depth, threads)
    , m_matrix(matrix)
    , m_x(x)
    , m_out(out)
{
}

std::span<const float> GatedWork::input() const
{
    return {m_x, static_cast<std::size_t>(vectors() * m_shape.depth)};
}

void GatedWork::compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const
{
    const auto [begin, n] = m_chunks[chunk];
    float* up = room + argument * n;
    cpu::matrixVectors(m_matrix + begin * m_shape.depth, input, room, n, argument, m_shape.depth, 0, n, false);
    cpu::matrixVectors(m_matrix + (m_shape.rows + begin) * m_shape.depth, input, up, n, argument, m_shape.depth, 0, n,
                       false);
    cpu::swigluRow(room, up, room, argument * n);
}

void GatedWork::deliver(std::int64_t chunk, const float* room)
{
    const auto [begin, n] = m_chunks[chunk];
    deliverColumns(room, vectors(), n, m_out + begin, m_shape.rows, false);
}

AttentionWork::AttentionWork(const Shape& shape, const float* input, const float* keys, const float* values,
                             const std::int64_t* starts, float* out)
    : m_shape(shape)
    , m_width(shape.heads / shape.kvHeads * shape.headDim)
    , m_input(input)
    , m_keys(keys)
    , m_values(values)
    , m_starts(starts)
    , m_out(out)
{
}

std::span<const float> AttentionWork::input() const
{
    return {m_input,
            static_cast<std::size_t>(m_shape.mostVectors * placeSize + (vectors() - 1) * m_shape.queryWidth
                                     + m_shape.heads * m_shape.headDim)};
}

std::int64_t AttentionWork::roomNeeded() const
{
    return m_width + m_shape.capacity; // what is delivered, and the scores of one head
}

void AttentionWork::compute(std::int64_t chunk, const float* input, std::int64_t /*argument*/, float* room) const
{
    const auto vector = chunk / m_shape.kvHeads;
    const auto head = chunk % m_shape.kvHeads;
    const auto sequence = static_cast<std::int64_t>(input[vector * placeSize]);
    const auto tokens = static_cast<std::int64_t>(input[vector * placeSize + 1]);
    const auto first = m_starts == nullptr ? 0 : m_starts[sequence];
    const auto offset = ((sequence * m_shape.kvHeads + head) * m_shape.capacity + first) * m_shape.headDim;
    const float* queries = input + m_shape.mostVectors * placeSize + vector * m_shape.queryWidth + head * m_width;
    const float scale = 1.0F / std::sqrt(static_cast<float>(m_shape.headDim));
    for (std::int64_t i = 0; i < m_width; i += m_shape.headDim)
        cpu::attendRow(queries + i, m_keys + offset, m_values + offset, room + i, room + m_width, tokens - first,
                       m_shape.headDim, scale);
}

void AttentionWork::deliver(std::int64_t chunk, const float* room)
{
    std::copy_n(room, m_width, m_out + chunk * m_width);
}

} // namespace icae
