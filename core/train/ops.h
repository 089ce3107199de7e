#pragma once

#include "train/kernels.h"

#include <tuple>

namespace icae {

// Differentiable operations of a layer. Each takes the kernels that compute it and its gradient.

/// (x + added, RMSNorm of it). added may be undefined. [N, d]
std::pair<at::Tensor, at::Tensor> addRmsNorm(const TrainKernels& kernels, const at::Tensor& x, const at::Tensor& added,
                                             const at::Tensor& weight, double eps);

/// RMSNorm of each head of q and k. qkv [N, (heads + 2·kvHeads)·headDim] -> a projection of the same shape
at::Tensor normHeads(const TrainKernels& kernels, const at::Tensor& qkv, const HeadInputs& inputs,
                     const HeadShape& shape);

/// Rotates q and k inside a fresh projection, which nobody else may use afterwards.
/// @param qkv [B·T, (heads + 2·kvHeads)·headDim]
/// @return q, k, v [B, heads or kvHeads, T, headDim], views of the projection
std::tuple<at::Tensor, at::Tensor, at::Tensor> rotateSplit(const TrainKernels& kernels, const at::Tensor& qkv,
                                                           const Rotary& rotary, const HeadShape& shape, int64_t batch);

/// silu(gate)·up. [N, 2·f] -> [N, f]
at::Tensor swiglu(const TrainKernels& kernels, const at::Tensor& gateUp);

/// factor · Σ −ln softmax(states·headᵀ)[target]: the logits are computed block by block and their gradient at once, so
/// that they are never kept.
/// @param states [N, d]; head [vocabulary, d]; targets [N] int64, negative: no loss; factor [1] float32
/// @return [] float32
at::Tensor linearCrossEntropy(const TrainKernels& kernels, const at::Tensor& states, const at::Tensor& head,
                              const at::Tensor& targets, const at::Tensor& factor);

/// One LoRA pair and the rows of the fused weight that it changes.
struct LoraPair {
    at::Tensor a; ///< [r, in] float32
    at::Tensor b; ///< [out, r] float32
    int64_t firstRow = 0;
    int64_t number = 0; ///< among all pairs: each has a dropout of its own
};

/// weight + scale·B·A on the rows of each pair, in the weight's dtype.
at::Tensor mergeLora(const at::Tensor& weight, const std::vector<LoraPair>& pairs, double scale);

} // namespace icae
