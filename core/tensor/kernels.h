#pragma once

#include "tensor/torch.h"

#include <memory>

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

/// The few operations a Llama layer consists of, for one device and dtype. Every implementation computes the same
/// function; they differ in how many passes over memory it takes.
///
/// Shapes: N = B·T rows, row b·T + t. All tensors are on the device and of the dtype the kernels were made for,
/// except positions, which are float32.
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
    /// @param qkv [B·T, (heads + 2·kvHeads)·headDim]
    /// @param positions [B, T] any real numbers
    /// @param inverseFrequencies [headDim / 2] float32
    /// @param keys, values [B, kvHeads, capacity, headDim]; tokens past .. past+T-1 are written
    /// @return q [B, heads, T, headDim]
    virtual at::Tensor ropeSplit(const at::Tensor& qkv, const at::Tensor& positions,
                                 const at::Tensor& inverseFrequencies, const HeadShape& shape, const HeadInputs& inputs,
                                 at::Tensor& keys, at::Tensor& values, int64_t past) const = 0;

    /// Causal attention of T new tokens over past + T cached ones, scaled by 1/√headDim.
    /// @param q [B, heads, T, headDim]
    /// @param keys, values [B, kvHeads, capacity, headDim], of which past + T tokens are valid
    /// @param starts [B] int64 on the CPU: the first valid token of each sequence (left padding); undefined: all zero.
    ///        Rows of padding come out as zeros or garbage; nobody reads them.
    /// @return [B·T, heads·headDim]
    virtual at::Tensor attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, int64_t past,
                                 const at::Tensor& starts) const = 0;

    /// silu(gate)·up (Shazeer 2020). gateUp [N, 2·f], gate first -> [N, f]
    virtual at::Tensor swiglu(const at::Tensor& gateUp) const = 0;
};

/// Plain ATen operations: any device and dtype, any LibTorch; the reference for the others.
std::shared_ptr<const Kernels> makePlainKernels();

/// The fastest kernels this build has for the device and dtype; plain ones where there are no others.
std::shared_ptr<const Kernels> makeKernels(const at::Device& device, at::ScalarType dtype);

} // namespace icae
