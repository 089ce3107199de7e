#pragma once

#include "tensor/torch.h"

#include <memory>
#include <vector>

namespace icae {

/// Head counts of an attention layer. heads is a multiple of kvHeads (grouped-query attention).
struct HeadShape {
    int64_t heads = 0;
    int64_t kvHeads = 0;
    int64_t headDim = 0;
};

/// What queries, keys and values get between their projection and RoPE; undefined where an architecture has it not.
struct HeadInputs {
    at::Tensor bias; ///< [(heads + 2·kvHeads)·headDim], added to q, k and v
    at::Tensor queryNorm; ///< [headDim], weight of the RMSNorm of each head of q; k has one, too
    at::Tensor keyNorm; ///< [headDim]
    double eps = 0; ///< of the norms
};

/// The rows of a forward that belong to one sequence: tokens behind those that its cache holds.
struct SequenceRows {
    int64_t sequence = 0; ///< index into the caches
    int64_t first = 0; ///< its first row
    int64_t count = 0; ///< at least 1
    int64_t past = 0; ///< tokens in its cache before these
};

/// How the rows of a forward divide into sequences: each reads as many tokens as it likes, behind its own past.
class RowLayout {
public:
    /// @param sequences in the order of their rows, without gaps
    /// @param starts [batch] int64 on the CPU: the first valid token of each sequence in the caches (left padding);
    ///        undefined: all zero
    /// @param device where the kernels run
    RowLayout(std::vector<SequenceRows> sequences, at::Tensor starts, const at::Device& device);

    /// `length` rows each for `batch` sequences that hold `past` tokens.
    static RowLayout uniform(int64_t batch, int64_t length, int64_t past, at::Tensor starts, const at::Device& device);

    /// The last `count` rows of each sequence, as rows of a smaller forward.
    RowLayout last(int64_t count) const;

    const std::vector<SequenceRows>& sequences() const { return m_sequences; }
    const at::Tensor& starts() const { return m_starts; }
    int64_t rows() const { return m_sequences.back().first + m_sequences.back().count; }
    /// True where all sequences of the caches (as many as `batch`) have equally many rows behind equally many tokens.
    bool isUniform(int64_t batch) const;

    /// [2, rows] int32 on the device: each row's sequence, and its place in the cache. Undefined on the CPU.
    const at::Tensor& table() const { return m_table; }

private:
    std::vector<SequenceRows> m_sequences;
    at::Tensor m_starts;
    at::Device m_device;
    at::Tensor m_table;
};

/// The few operations a Llama layer consists of, for one device and dtype. Every implementation computes the same
/// function; they differ in how many passes over memory it takes.
///
/// Shapes: N rows, a token each. All tensors are on the device and of the dtype the kernels were made for, except
/// positions, which are float32.
class Kernels {
public:
    Kernels() = default;
    Kernels(const Kernels&) = delete;
    Kernels& operator=(const Kernels&) = delete;
    virtual ~Kernels() = default;

    /// x · rsqrt(mean(x²) + eps) · weight over the last dimension, computed in float32 (Zhang & Sennrich 2019).
    /// x [N, d], weight [d] -> [N, d]
    virtual at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) const = 0;

    /// x [N, in], weight [out, in] -> x·weightᵀ [N, out]
    virtual at::Tensor linear(const at::Tensor& x, const at::Tensor& weight) const = 0;

    /// y [N, out] += x [N, in]·weightᵀ
    virtual void addLinear(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const = 0;

    /// Rotates q and k of a fused projection (RoPE, Su et al. 2021, in HF's "rotate half" pairing), after what `inputs`
    /// asks for, and stores k and v behind what the caches hold already.
    /// @param qkv [N, (heads + 2·kvHeads)·headDim]
    /// @param positions [N] any real numbers
    /// @param inverseFrequencies [headDim / 2] float32
    /// @param keys, values [B, kvHeads, capacity, headDim]; each row's place there is written
    /// @return q [N, heads, headDim]
    virtual at::Tensor ropeSplit(const at::Tensor& qkv, const at::Tensor& positions,
                                 const at::Tensor& inverseFrequencies, const HeadShape& shape, const HeadInputs& inputs,
                                 at::Tensor& keys, at::Tensor& values, const RowLayout& layout) const = 0;

    /// Causal attention of each row over the tokens of its sequence up to itself, scaled by 1/√headDim.
    /// @param q [N, heads, headDim]
    /// @param keys, values [B, kvHeads, capacity, headDim], into which these rows are written already
    /// @return [N, heads·headDim]. Rows of padding come out as zeros or garbage; nobody reads them.
    virtual at::Tensor attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values,
                                 const RowLayout& layout) const = 0;

    /// silu(gate)·up (Shazeer 2020). gateUp [N, 2·f], gate first -> [N, f]
    virtual at::Tensor swiglu(const at::Tensor& gateUp) const = 0;
};

/// Plain ATen operations: any device and dtype, any LibTorch; the reference for the others.
std::shared_ptr<const Kernels> makePlainKernels();

/// The fastest kernels this build has for the device and dtype; plain ones where there are no others.
std::shared_ptr<const Kernels> makeKernels(const at::Device& device, at::ScalarType dtype);

} // namespace icae
