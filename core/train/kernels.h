#pragma once

#include "tensor/kernels.h"
#include "tensor/torch.h"

#include <memory>

namespace icae {

/// Cosine and sine of each token's RoPE angles, computed once a forward. Both [N, headDim / 2] float32, rounded to the
/// dtype that is computed in.
struct Rotary {
    at::Tensor cosine;
    at::Tensor sine;
};

/// Forward and backward of what is memory-bound in a layer. N = B·T rows; sums are float32. Like Kernels, every
/// implementation computes the same function.
class TrainKernels {
public:
    TrainKernels() = default;
    TrainKernels(const TrainKernels&) = delete;
    TrainKernels& operator=(const TrainKernels&) = delete;
    virtual ~TrainKernels() = default;

    struct Normed {
        at::Tensor sum; ///< x + added [N, d]; x itself where nothing is added
        at::Tensor out; ///< sum · scale · weight [N, d]
        at::Tensor scale; ///< rsqrt(mean(sum²) + eps) [N] float32
    };
    /// Residual connection and RMSNorm at once. added: [N, d] or undefined.
    virtual Normed addRmsNorm(const at::Tensor& x, const at::Tensor& added, const at::Tensor& weight,
                              double eps) const = 0;

    struct NormGradients {
        at::Tensor sum; ///< of x and of what was added [N, d]
        at::Tensor weight; ///< [d]; undefined where not asked for
    };
    /// @param sumGradient [N, d], what comes back on the residual's way; undefined: nothing
    virtual NormGradients addRmsNormBackward(const at::Tensor& sumGradient, const at::Tensor& outGradient,
                                             const at::Tensor& sum, const at::Tensor& weight, const at::Tensor& scale,
                                             bool weightGradient) const = 0;

    /// Rotates q and k in place. qkv [N, (heads + 2·kvHeads)·headDim]
    virtual void rotate(const at::Tensor& qkv, const Rotary& rotary, const HeadShape& shape) const = 0;

    /// Turns gradients of the rotated q, k and of v [B, heads or kvHeads, T, headDim] (any strides) back into that of
    /// the projection [N, (heads + 2·kvHeads)·headDim].
    virtual at::Tensor unrotate(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Rotary& rotary,
                                const HeadShape& shape) const = 0;

    /// silu(gate)·up. gateUp [N, 2·f] -> [N, f]
    virtual at::Tensor swiglu(const at::Tensor& gateUp) const = 0;
    virtual at::Tensor swigluBackward(const at::Tensor& gateUp, const at::Tensor& outGradient) const = 0;

    /// −ln softmax(logits)[target] a row, and, in place of the logits, the gradient of factor · the sum of all rows.
    /// @param logits [N, vocabulary]; @param targets [N] int64, negative: no loss; @param factor [1] float32
    /// @return [N] float32, 0 without a target
    virtual at::Tensor crossEntropy(at::Tensor& logits, const at::Tensor& targets, const at::Tensor& factor) const = 0;
};

/// Plain ATen operations: any device, dtype and LibTorch; the reference for the others.
std::shared_ptr<const TrainKernels> makePlainTrainKernels();

/// The fastest this build has for the device.
std::shared_ptr<const TrainKernels> makeTrainKernels(const at::Device& device);

} // namespace icae
