#include "tensor/cuda_kernels.h"
#include "train/kernels.h"

#include <c10/cuda/CUDAGuard.h>

#include <array>

namespace icae {

namespace {

/// Fused kernels; shapes that they do not cover go to the plain operations.
class CudaTrainKernels final : public TrainKernels {
public:
    Normed addRmsNorm(const at::Tensor& x, const at::Tensor& added, const at::Tensor& weight, double eps) const override
    {
        if (!covers(x.size(1)))
            return m_plain->addRmsNorm(x, added, weight, eps);
        const c10::cuda::CUDAGuard guard(x.device());
        const auto input = x.contiguous();
        const auto more = added.defined() ? added.contiguous() : added;
        Normed result{added.defined() ? at::empty_like(input) : x, at::empty_like(input),
                      at::empty({x.size(0)}, x.options().dtype(at::kFloat))};
        cuda::addRmsNorm(cudaType(x.scalar_type()), input.data_ptr(), added.defined() ? more.data_ptr() : nullptr,
                         weight.data_ptr(), result.sum.data_ptr(), result.out.data_ptr(),
                         result.scale.data_ptr<float>(), input.size(0), input.size(1), static_cast<float>(eps),
                         currentStream(x.device()));
        return result;
    }

    NormGradients addRmsNormBackward(const at::Tensor& sumGradient, const at::Tensor& outGradient,
                                     const at::Tensor& sum, const at::Tensor& weight, const at::Tensor& scale,
                                     bool weightGradient) const override
    {
        if (!covers(sum.size(1)))
            return m_plain->addRmsNormBackward(sumGradient, outGradient, sum, weight, scale, weightGradient);
        const c10::cuda::CUDAGuard guard(sum.device());
        const auto input = sum.contiguous();
        const int64_t rows = input.size(0);
        const int64_t d = input.size(1);
        auto gradient = at::empty_like(input);
        at::Tensor partial;
        if (weightGradient)
            partial = at::empty({cuda::normGradientBlocks(rows, d), d}, scale.options());
        cuda::addRmsNormBackward(cudaType(sum.scalar_type()), sumGradient.defined() ? sumGradient.data_ptr() : nullptr,
                                 outGradient.data_ptr(), input.data_ptr(), weight.data_ptr(), scale.data_ptr<float>(),
                                 gradient.data_ptr(), weightGradient ? partial.data_ptr<float>() : nullptr, rows, d,
                                 currentStream(sum.device()));
        return {gradient, weightGradient ? partial.sum(0).to(weight.scalar_type()) : at::Tensor()};
    }

    void rotate(const at::Tensor& qkv, const Rotary& rotary, const HeadShape& shape) const override
    {
        if (shape.headDim % 8 != 0)
            return m_plain->rotate(qkv, rotary, shape);
        const c10::cuda::CUDAGuard guard(qkv.device());
        cuda::rotate(cudaType(qkv.scalar_type()), qkv.data_ptr(), rotary.cosine.data_ptr<float>(),
                     rotary.sine.data_ptr<float>(), sizes(shape, 1, qkv.size(0)), currentStream(qkv.device()));
    }

    at::Tensor unrotate(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Rotary& rotary,
                        const HeadShape& shape) const override
    {
        if (shape.headDim % 8 != 0)
            return m_plain->unrotate(q, k, v, rotary, shape);
        const c10::cuda::CUDAGuard guard(q.device());
        const int64_t batch = q.size(0);
        const int64_t length = q.size(2);
        auto out = at::empty({batch * length, (shape.heads + 2 * shape.kvHeads) * shape.headDim}, q.options());
        const std::array parts{aligned(q), aligned(k), aligned(v)};
        cuda::unrotate(cudaType(q.scalar_type()), strides(parts[0]), strides(parts[1]), strides(parts[2]),
                       rotary.cosine.data_ptr<float>(), rotary.sine.data_ptr<float>(), out.data_ptr(),
                       sizes(shape, batch, length), currentStream(q.device()));
        return out;
    }

    at::Tensor swiglu(const at::Tensor& gateUp) const override
    {
        const c10::cuda::CUDAGuard guard(gateUp.device());
        const int64_t f = gateUp.size(1) / 2;
        auto out = at::empty({gateUp.size(0), f}, gateUp.options());
        cuda::swiglu(cudaType(gateUp.scalar_type()), gateUp.data_ptr(), out.data_ptr(), gateUp.size(0), f,
                     currentStream(gateUp.device()));
        return out;
    }

    at::Tensor swigluBackward(const at::Tensor& gateUp, const at::Tensor& outGradient) const override
    {
        const int64_t f = gateUp.size(1) / 2;
        if (f % 8 != 0)
            return m_plain->swigluBackward(gateUp, outGradient);
        const c10::cuda::CUDAGuard guard(gateUp.device());
        auto gradient = at::empty_like(gateUp);
        cuda::swigluBackward(cudaType(gateUp.scalar_type()), gateUp.data_ptr(), outGradient.data_ptr(),
                             gradient.data_ptr(), gateUp.size(0), f, currentStream(gateUp.device()));
        return gradient;
    }

    at::Tensor crossEntropy(at::Tensor& logits, const at::Tensor& targets, const at::Tensor& factor) const override
    {
        const c10::cuda::CUDAGuard guard(logits.device());
        auto loss = at::empty({logits.size(0)}, factor.options());
        cuda::crossEntropy(cudaType(logits.scalar_type()), logits.data_ptr(), targets.data_ptr<int64_t>(),
                           factor.data_ptr<float>(), loss.data_ptr<float>(), logits.size(0), logits.size(1),
                           currentStream(logits.device()));
        return loss;
    }

private:
    static bool covers(int64_t d) { return d % 8 == 0 && d <= cuda::mostTrainedWidth; }

    static cuda::RopeShape sizes(const HeadShape& shape, int64_t batch, int64_t length)
    {
        return {batch, length, shape.heads, shape.kvHeads, shape.headDim};
    }

    /// Numbers of a head next to each other, heads and tokens at multiples of 8.
    static at::Tensor aligned(const at::Tensor& heads)
    {
        const bool ok = heads.stride(3) == 1 && heads.stride(2) % 8 == 0 && heads.stride(1) % 8 == 0
            && heads.stride(0) % 8 == 0 && heads.storage_offset() % 8 == 0;
        return ok ? heads : heads.contiguous();
    }

    static cuda::HeadStrides strides(const at::Tensor& heads)
    {
        return {heads.data_ptr(), heads.stride(0), heads.stride(1), heads.stride(2)};
    }

    std::shared_ptr<const TrainKernels> m_plain = makePlainTrainKernels();
};

} // namespace

std::shared_ptr<const TrainKernels> makeTrainKernels(const at::Device& device)
{
    if (device.is_cuda())
        return std::make_shared<CudaTrainKernels>();
    return makePlainTrainKernels();
}

} // namespace icae
