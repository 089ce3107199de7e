#include "train/kernels.h"

namespace icae {

namespace {

/// [N, heads of q and k, headDim] as its two halves; v is not rotated.
std::pair<at::Tensor, at::Tensor> rotatedHalves(const at::Tensor& heads, const HeadShape& shape)
{
    const auto qk = heads.narrow(1, 0, shape.heads + shape.kvHeads);
    const auto half = shape.headDim / 2;
    return {qk.narrow(2, 0, half), qk.narrow(2, half, half)};
}

class PlainTrainKernels final : public TrainKernels {
public:
    Normed addRmsNorm(const at::Tensor& x, const at::Tensor& added, const at::Tensor& weight, double eps) const override
    {
        const auto sum = added.defined() ? x + added : x;
        const auto wide = sum.to(at::kFloat);
        const auto scale = at::rsqrt(wide.pow(2).mean(-1) + eps);
        return {sum, (wide * scale.unsqueeze(-1)).to(x.scalar_type()) * weight, scale};
    }

    NormGradients addRmsNormBackward(const at::Tensor& sumGradient, const at::Tensor& outGradient,
                                     const at::Tensor& sum, const at::Tensor& weight, const at::Tensor& scale,
                                     bool weightGradient) const override
    {
        const auto normed = sum.to(at::kFloat) * scale.unsqueeze(-1);
        const auto out = outGradient.to(at::kFloat);
        const auto inner = out * weight.to(at::kFloat);
        auto gradient = (inner - normed * (inner * normed).mean(-1, true)) * scale.unsqueeze(-1);
        if (sumGradient.defined())
            gradient = gradient + sumGradient;
        return {gradient.to(sum.scalar_type()),
                weightGradient ? (out * normed).sum(0).to(weight.scalar_type()) : at::Tensor()};
    }

    void rotate(const at::Tensor& qkv, const Rotary& rotary, const HeadShape& shape) const override
    {
        turn(qkv.view({qkv.size(0), -1, shape.headDim}), rotary.cosine, rotary.sine, shape);
    }

    at::Tensor unrotate(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Rotary& rotary,
                        const HeadShape& shape) const override
    {
        auto heads = at::cat({q, k, v}, 1).transpose(1, 2).contiguous().flatten(0, 1);
        turn(heads, rotary.cosine, -rotary.sine, shape); // the transposed rotation
        return heads.flatten(1, 2);
    }

    at::Tensor swiglu(const at::Tensor& gateUp) const override
    {
        const auto halves = gateUp.chunk(2, -1);
        return at::silu(halves[0]) * halves[1];
    }

    at::Tensor swigluBackward(const at::Tensor& gateUp, const at::Tensor& outGradient) const override
    {
        const auto halves = gateUp.chunk(2, -1);
        const auto gate = halves[0].to(at::kFloat);
        const auto out = outGradient.to(at::kFloat);
        const auto share = at::sigmoid(gate);
        const auto up = out * share * gate;
        const auto gateGradient = out * halves[1] * share * (1 + gate * (1 - share));
        return at::cat({gateGradient, up}, -1).to(gateUp.scalar_type());
    }

    at::Tensor crossEntropy(at::Tensor& logits, const at::Tensor& targets, const at::Tensor& factor) const override
    {
        const auto rated = targets.ge(0);
        const auto index = targets.clamp_min(0).unsqueeze(1);
        const auto logProbabilities = at::log_softmax(logits.to(at::kFloat), -1);
        auto loss = -logProbabilities.gather(1, index).squeeze(1) * rated;
        auto gradient = logProbabilities.exp();
        gradient.scatter_add_(1, index, at::full_like(index, -1, gradient.options()));
        logits.copy_(gradient * (rated.to(at::kFloat) * factor).unsqueeze(1));
        return loss;
    }

private:
    static void turn(const at::Tensor& heads, const at::Tensor& cosine, const at::Tensor& sine, const HeadShape& shape)
    {
        auto [first, second] = rotatedHalves(heads, shape);
        const auto cos = cosine.to(heads.scalar_type()).unsqueeze(1);
        const auto sin = sine.to(heads.scalar_type()).unsqueeze(1);
        const auto turned = first * cos - second * sin;
        second.copy_(second * cos + first * sin);
        first.copy_(turned);
    }
};

} // namespace

std::shared_ptr<const TrainKernels> makePlainTrainKernels()
{
    return std::make_shared<PlainTrainKernels>();
}

#if !defined(ICAE_WITH_CUDA_KERNELS)
std::shared_ptr<const TrainKernels> makeTrainKernels(const at::Device&)
{
    return makePlainTrainKernels();
}
#endif

} // namespace icae
