#pragma once

#include "tensor/crew.h"

#include <algorithm>

namespace icae {

/// How the rows of a matrix are cut: one large chunk a thread, which it reads in one go, and small ones, so that all
/// threads end together.
class RowChunks {
public:
    struct Range {
        std::int64_t begin = 0;
        std::int64_t count = 0;
    };
    RowChunks(std::int64_t rows, std::int64_t depth, int threads);
    std::int64_t count() const;
    std::int64_t most() const { return std::max(m_first, m_later); } ///< rows of the largest chunk
    Range operator[](std::int64_t chunk) const;

private:
    std::int64_t m_rows;
    std::int64_t m_threads;
    std::int64_t m_first; ///< rows of a large chunk
    std::int64_t m_later; ///< rows of a small one
};

/// A few vectors by a matrix: out [batch, rows] = x [batch, depth] · matrixᵀ, or added to it.
class ProductWork final : public ChunkedWork {
public:
    struct Shape {
        std::int64_t batch = 0;
        std::int64_t rows = 0;
        std::int64_t depth = 0;
    };
    ProductWork(const Shape& shape, const float* matrix, const float* x, float* out, bool accumulate, int threads);

    std::int64_t chunks() const override { return m_chunks.count(); }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override { return m_shape.batch * m_chunks.most(); }
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override;
    void deliver(std::int64_t chunk, const float* room) override;

private:
    Shape m_shape;
    RowChunks m_chunks;
    const float* m_matrix;
    const float* m_x;
    float* m_out;
    bool m_accumulate;
};

/// The gated half of the feed-forward block: out [batch, rows] = silu(x · gateᵀ) · (x · upᵀ), where the matrix holds
/// the rows of gate, then those of up.
class GatedWork final : public ChunkedWork {
public:
    GatedWork(const ProductWork::Shape& shape, const float* matrix, const float* x, float* out, int threads);

    std::int64_t chunks() const override { return m_chunks.count(); }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override { return 2 * m_shape.batch * m_chunks.most(); }
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override;
    void deliver(std::int64_t chunk, const float* room) override;

private:
    ProductWork::Shape m_shape;
    RowChunks m_chunks;
    const float* m_matrix;
    const float* m_x;
    float* m_out;
};

/// Attention of one token a sequence; a chunk is the heads that share one key-value head. The argument of a run is how
/// many tokens the cache holds, the new one included.
class AttentionWork final : public ChunkedWork {
public:
    struct Shape {
        std::int64_t batch = 0;
        std::int64_t heads = 0;
        std::int64_t kvHeads = 0;
        std::int64_t headDim = 0;
        std::int64_t capacity = 0;
        std::int64_t queryWidth = 0; ///< from one sequence's queries to the next one's
    };
    /// @param starts [batch] first valid token of each sequence, or nullptr
    AttentionWork(const Shape& shape, const float* queries, const float* keys, const float* values,
                  const std::int64_t* starts, float* out);

    std::int64_t chunks() const override { return m_shape.batch * m_shape.kvHeads; }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override;
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override;
    void deliver(std::int64_t chunk, const float* room) override;

private:
    Shape m_shape;
    std::int64_t m_width; ///< numbers that the heads of a chunk give
    const float* m_queries;
    const float* m_keys;
    const float* m_values;
    const std::int64_t* m_starts;
    float* m_out;
};

} // namespace icae
