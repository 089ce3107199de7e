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

/// Work over a few vectors; how many is said before each run, and by its argument.
class VectorWork : public ChunkedWork {
public:
    void setVectors(std::int64_t count) { m_vectors = count; }

protected:
    std::int64_t vectors() const { return m_vectors; } ///< not for compute(), which may be late

private:
    std::int64_t m_vectors = 1;
};

/// A few vectors by a matrix: out [vectors, rows] = x [vectors, depth] · matrixᵀ, or added to it.
class ProductWork final : public VectorWork {
public:
    struct Shape {
        std::int64_t rows = 0;
        std::int64_t depth = 0;
        std::int64_t mostVectors = 0;
    };
    ProductWork(const Shape& shape, const float* matrix, const float* x, float* out, bool accumulate, int threads);

    std::int64_t chunks() const override { return m_chunks.count(); }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override { return m_shape.mostVectors * m_chunks.most(); }
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

/// The gated half of the feed-forward block: out [vectors, rows] = silu(x · gateᵀ) · (x · upᵀ), where the matrix holds
/// the rows of gate, then those of up.
class GatedWork final : public VectorWork {
public:
    GatedWork(const ProductWork::Shape& shape, const float* matrix, const float* x, float* out, int threads);

    std::int64_t chunks() const override { return m_chunks.count(); }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override { return 2 * m_shape.mostVectors * m_chunks.most(); }
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override;
    void deliver(std::int64_t chunk, const float* room) override;

private:
    ProductWork::Shape m_shape;
    RowChunks m_chunks;
    const float* m_matrix;
    const float* m_x;
    float* m_out;
};

/// Attention of a few tokens, each over those of its sequence in the cache; a chunk is one token's heads that share a
/// key-value head.
class AttentionWork final : public VectorWork {
public:
    struct Shape {
        std::int64_t heads = 0;
        std::int64_t kvHeads = 0;
        std::int64_t headDim = 0;
        std::int64_t capacity = 0;
        std::int64_t queryWidth = 0; ///< from one token's queries to the next one's
        std::int64_t mostVectors = 0;
    };
    /// Where a token's queries read, before all queries in the input: the sequence, and how many tokens its cache
    /// holds, the token included. As numbers that float32 holds exactly.
    static constexpr std::int64_t placeSize = 2;

    /// @param input [mostVectors, placeSize], then [mostVectors, queryWidth]
    /// @param starts first valid token of each sequence, or nullptr
    AttentionWork(const Shape& shape, const float* input, const float* keys, const float* values,
                  const std::int64_t* starts, float* out);

    std::int64_t chunks() const override { return vectors() * m_shape.kvHeads; }
    std::span<const float> input() const override;
    std::int64_t roomNeeded() const override;
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override;
    void deliver(std::int64_t chunk, const float* room) override;

private:
    Shape m_shape;
    std::int64_t m_width; ///< numbers that the heads of a chunk give
    const float* m_input;
    const float* m_keys;
    const float* m_values;
    const std::int64_t* m_starts;
    float* m_out;
};

} // namespace icae
