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
                         const RowLayout& layout) const override
    {
        const auto biased = inputs.bias.defined() ? qkv + inputs.bias : qkv;
        const auto heads = biased.view({qkv.size(0), shape.heads + 2 * shape.kvHeads, shape.headDim});
        const auto angles = positions.reshape({-1, 1}) * inverseFrequencies;
        const auto cos = at::cat({angles, angles}, -1).cos().to(qkv.scalar_type()).unsqueeze(1);
        const auto sin = at::cat({angles, angles}, -1).sin().to(qkv.scalar_type()).unsqueeze(1);
        const auto rotate = [&](const at::Tensor& x) {
            const auto halves = x.chunk(2, -1);
            return x * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
        };
        const auto normed = [&](const at::Tensor& x, const at::Tensor& weight) {
            return weight.defined() ? rmsNorm(x, weight, inputs.eps) : x;
        };
        const auto k = rotate(normed(heads.narrow(1, shape.heads, shape.kvHeads), inputs.keyNorm));
        const auto v = heads.narrow(1, shape.heads + shape.kvHeads, shape.kvHeads);
        const auto store = [](at::Tensor& cache, const at::Tensor& rows, const SequenceRows& s) {
            cache[s.sequence].narrow(1, s.past, s.count).copy_(rows.narrow(0, s.first, s.count).transpose(0, 1));
        };
        const int64_t batch = keys.size(0);
        const auto& first = layout.sequences().front();
        if (layout.isUniform(batch)) {
            const auto storeAll = [&](at::Tensor& cache, const at::Tensor& rows) {
                cache.narrow(2, first.past, first.count)
                    .copy_(rows.reshape({batch, first.count, shape.kvHeads, shape.headDim}).transpose(1, 2));
            };
            storeAll(keys, k);
            storeAll(values, v);
        } else {
            for (const auto& s : layout.sequences()) {
                store(keys, k, s);
                store(values, v, s);
            }
        }
        return rotate(normed(heads.narrow(1, 0, shape.heads), inputs.queryNorm)).contiguous();
    }

    at::Tensor attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values,
                         const RowLayout& layout) const override
    {
        const int64_t batch = keys.size(0);
        const int64_t heads = q.size(1);
        const int64_t headDim = q.size(2);
        if (layout.isUniform(batch)) {
            const auto& s = layout.sequences().front();
            return attend(q.view({batch, s.count, heads, headDim}), keys, values, s.past, layout.starts());
        }
        auto out = at::empty({q.size(0), heads * headDim}, q.options());
        for (const auto& s : layout.sequences())
            out.narrow(0, s.first, s.count)
                .copy_(attend(q.narrow(0, s.first, s.count).unsqueeze(0), keys.narrow(0, s.sequence, 1),
                              values.narrow(0, s.sequence, 1), s.past,
                              layout.starts().defined() ? layout.starts().narrow(0, s.sequence, 1) : at::Tensor()));
        return out;
    }

    at::Tensor swiglu(const at::Tensor& gateUp) const override
    {
        const auto halves = gateUp.chunk(2, -1);
        return at::silu(halves[0]) * halves[1];
    }

private:
    /// q [B, T, heads, headDim] behind `past` tokens of each sequence -> [B·T, heads·headDim]
    static at::Tensor attend(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, int64_t past,
                             const at::Tensor& starts)
    {
        const int64_t length = q.size(1);
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
        const auto out =
            compat::attention(q.transpose(1, 2), keys.narrow(2, 0, total), values.narrow(2, 0, total), mask);
        return out.transpose(1, 2).reshape({q.size(0) * length, q.size(2) * q.size(3)});
    }
};

} // namespace

std::shared_ptr<const Kernels> makePlainKernels()
{
    return std::make_shared<PlainKernels>();
}

} // namespace icae
