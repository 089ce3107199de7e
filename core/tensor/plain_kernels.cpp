#include "tensor/compat.h"
#include "tensor/kernels.h"

#include <limits>

namespace icae {

namespace {

class PlainKernels final : public Kernels {
public:
    at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) const override
    {
        const auto wide = x.to(at::kFloat);
        const auto scale = at::rsqrt(wide.pow(2).mean(-1, true) + eps);
        return (wide * scale).to(x.scalar_type()) * weight;
    }

    at::Tensor linear(const at::Tensor& x, const at::Tensor& weight) const override { return at::linear(x, weight); }

    void addLinear(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const override
    {
        y.addmm_(x, weight.t());
    }

    at::Tensor ropeSplit(const at::Tensor& qkv, const at::Tensor& positions, const at::Tensor& inverseFrequencies,
                         const HeadShape& shape, const HeadInputs& inputs, at::Tensor& keys, at::Tensor& values,
                         int64_t past) const override
    {
        const int64_t batch = positions.size(0);
        const int64_t length = positions.size(1);
        const auto biased = inputs.bias.defined() ? qkv + inputs.bias : qkv;
        const auto heads = biased.view({batch, length, shape.heads + 2 * shape.kvHeads, shape.headDim}).transpose(1, 2);
        const auto angles = positions.unsqueeze(-1) * inverseFrequencies;
        const auto cos = at::cat({angles, angles}, -1).cos().to(qkv.scalar_type()).unsqueeze(1);
        const auto sin = at::cat({angles, angles}, -1).sin().to(qkv.scalar_type()).unsqueeze(1);
        const auto rotate = [&](const at::Tensor& x) {
            const auto halves = x.chunk(2, -1);
            return x * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
        };
        const auto normed = [&](const at::Tensor& x, const at::Tensor& weight) {
            return weight.defined() ? rmsNorm(x, weight, inputs.eps) : x;
        };
        keys.narrow(2, past, length).copy_(rotate(normed(heads.narrow(1, shape.heads, shape.kvHeads), inputs.keyNorm)));
        values.narrow(2, past, length).copy_(heads.narrow(1, shape.heads + shape.kvHeads, shape.kvHeads));
        return rotate(normed(heads.narrow(1, 0, shape.heads), inputs.queryNorm)).contiguous();
    }

    at::Tensor attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, int64_t past,
                         const at::Tensor& starts) const override
    {
        const int64_t length = q.size(2);
        const int64_t total = past + length;
        at::Tensor mask;
        if (starts.defined() || (past > 0 && length > 1)) {
            const auto options = q.options().dtype(at::kLong);
            const auto key = at::arange(total, options).view({1, 1, 1, total});
            const auto row = at::arange(past, total, options).view({1, 1, length, 1});
            auto hidden = key > row;
            if (starts.defined()) // the diagonal stays visible, so that rows of padding are garbage and not NaN
                hidden =
                    at::logical_or(hidden, (key < starts.to(q.device()).view({-1, 1, 1, 1})).logical_and(key != row));
            mask =
                at::zeros(hidden.sizes(), q.options()).masked_fill_(hidden, -std::numeric_limits<double>::infinity());
        }
        const auto out = compat::attention(q, keys.narrow(2, 0, total), values.narrow(2, 0, total), mask);
        return out.transpose(1, 2).reshape({q.size(0) * length, q.size(1) * q.size(3)});
    }

    at::Tensor swiglu(const at::Tensor& gateUp) const override
    {
        const auto halves = gateUp.chunk(2, -1);
        return at::silu(halves[0]) * halves[1];
    }
};

} // namespace

std::shared_ptr<const Kernels> makePlainKernels()
{
    return std::make_shared<PlainKernels>();
}

} // namespace icae
