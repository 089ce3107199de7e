#include "train/ops.h"

#include <torch/csrc/autograd/custom_function.h>

namespace icae {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using BelowAutograd = at::AutoDispatchBelowADInplaceOrView;

// Numbers of a block of logits: 1 GiB in bf16.
constexpr int64_t logitsAtOnce = int64_t{1} << 29U;

int64_t asNumber(const TrainKernels& kernels)
{
    return reinterpret_cast<int64_t>(&kernels);
}

/// Autograd keeps numbers and tensors only. The kernels outlive the graph: they belong to the network whose forward
/// built it.
const TrainKernels& kernelsAt(int64_t address)
{
    return *reinterpret_cast<const TrainKernels*>(address); // NOLINT(performance-no-int-to-ptr)
}

const TrainKernels& kernelsOf(AutogradContext* context)
{
    return kernelsAt(context->saved_data["kernels"].toInt());
}

HeadShape headsOf(AutogradContext* context)
{
    const auto list = context->saved_data["heads"].toIntVector();
    return {list[0], list[1], list[2]};
}

struct AddRmsNorm : Function<AddRmsNorm> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const c10::optional<at::Tensor>& more,
                                 const at::Tensor& weight, double eps, bool needsWeight, int64_t kernels)
    {
        const auto added = more.value_or(at::Tensor());
        const BelowAutograd guard;
        const auto& k = kernelsAt(kernels);
        auto normed = k.addRmsNorm(x, added, weight, eps);
        if (!added.defined())
            normed.sum = normed.sum.alias();
        context->saved_data["kernels"] = kernels;
        context->save_for_backward({normed.sum, weight, normed.scale});
        context->saved_data["added"] = added.defined();
        context->saved_data["needsWeight"] = needsWeight;
        return {normed.sum, normed.out};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const BelowAutograd guard;
        const auto saved = context->get_saved_variables();
        auto outGradient = gradients[1];
        if (!outGradient.defined())
            outGradient = at::zeros_like(saved[0]);
        const auto result = kernelsOf(context).addRmsNormBackward(
            gradients[0].defined() ? gradients[0].contiguous() : gradients[0], outGradient.contiguous(), saved[0],
            saved[1], saved[2], context->saved_data["needsWeight"].toBool());
        const bool added = context->saved_data["added"].toBool();
        return {result.sum, added ? result.sum : at::Tensor(), result.weight, {}, {}, {}};
    }
};

struct RotateSplit : Function<RotateSplit> {
    static variable_list forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& cosine,
                                 const at::Tensor& sine, const std::vector<int64_t>& heads, int64_t batch,
                                 int64_t kernels)
    {
        const BelowAutograd guard;
        const HeadShape shape{heads[0], heads[1], heads[2]};
        kernelsAt(kernels).rotate(qkv, {cosine, sine}, shape);
        context->saved_data["kernels"] = kernels;
        context->saved_data["heads"] = heads;
        context->save_for_backward({cosine, sine});
        const auto all = qkv.detach()
                             .view({batch, qkv.size(0) / batch, shape.heads + 2 * shape.kvHeads, shape.headDim})
                             .transpose(1, 2);
        return {all.narrow(1, 0, shape.heads), all.narrow(1, shape.heads, shape.kvHeads),
                all.narrow(1, shape.heads + shape.kvHeads, shape.kvHeads)};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const BelowAutograd guard;
        const auto saved = context->get_saved_variables();
        return {kernelsOf(context).unrotate(gradients[0], gradients[1], gradients[2], {saved[0], saved[1]},
                                            headsOf(context)),
                {},
                {},
                {},
                {},
                {}};
    }
};

struct Swiglu : Function<Swiglu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gateUp, int64_t kernels)
    {
        const BelowAutograd guard;
        context->saved_data["kernels"] = kernels;
        context->save_for_backward({gateUp});
        return kernelsAt(kernels).swiglu(gateUp);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const BelowAutograd guard;
        const auto saved = context->get_saved_variables();
        return {kernelsOf(context).swigluBackward(saved[0], gradients[0].contiguous()), {}};
    }
};

struct LinearCrossEntropy : Function<LinearCrossEntropy> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& states, const at::Tensor& head,
                              const at::Tensor& targets, const at::Tensor& factor, bool needsStates, bool needsHead,
                              int64_t kernels)
    {
        const BelowAutograd guard;
        const auto& k = kernelsAt(kernels);
        const int64_t rows = states.size(0);
        const int64_t atOnce = std::max<int64_t>(1, std::min(rows, logitsAtOnce / head.size(0)));
        at::Tensor stateGradient = needsStates ? at::empty_like(states) : at::Tensor();
        at::Tensor headGradient;
        at::Tensor loss = at::zeros({}, states.options().dtype(at::kFloat));
        for (int64_t first = 0; first < rows; first += atOnce) {
            const int64_t count = std::min(atOnce, rows - first);
            const auto part = states.narrow(0, first, count);
            auto logits = at::linear(part, head);
            loss.add_(k.crossEntropy(logits, targets.narrow(0, first, count), factor).sum());
            if (needsStates) {
                auto place = stateGradient.narrow(0, first, count);
                at::mm_out(place, logits, head);
            }
            if (needsHead)
                headGradient =
                    headGradient.defined() ? headGradient.addmm_(logits.t(), part) : at::mm(logits.t(), part);
        }
        context->save_for_backward({stateGradient, headGradient});
        return loss * factor.squeeze(0);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const BelowAutograd guard;
        const auto saved = context->get_saved_variables();
        const auto scaled = [&](const at::Tensor& gradient) {
            return gradient.defined() ? gradient * gradients[0].to(gradient.scalar_type()) : gradient;
        };
        return {scaled(saved[0]), scaled(saved[1]), {}, {}, {}, {}, {}};
    }
};

struct MergeLora : Function<MergeLora> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& weight, at::TensorList matrices,
                              const std::vector<int64_t>& rows, double scale)
    {
        const BelowAutograd guard;
        auto merged = weight.clone();
        variable_list saved;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto a = matrices[2 * i].to(weight.scalar_type());
            const auto b = matrices[2 * i + 1].to(weight.scalar_type());
            merged.narrow(0, rows[i], b.size(0)).addmm_(b, a, 1, scale);
            saved.push_back(a);
            saved.push_back(b);
        }
        context->save_for_backward(std::move(saved));
        context->saved_data["rows"] = rows;
        context->saved_data["scale"] = scale;
        return merged;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const BelowAutograd guard;
        const auto saved = context->get_saved_variables();
        const auto rows = context->saved_data["rows"].toIntVector();
        const double scale = context->saved_data["scale"].toDouble();
        variable_list result{gradients[0]};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto& a = saved[2 * i];
            const auto& b = saved[2 * i + 1];
            const auto part = gradients[0].narrow(0, rows[i], b.size(0));
            result.push_back(at::mm(b.t(), part).to(at::kFloat) * scale);
            result.push_back(at::mm(part, a.t()).to(at::kFloat) * scale);
        }
        result.emplace_back();
        result.emplace_back();
        return result;
    }
};

} // namespace

std::pair<at::Tensor, at::Tensor> addRmsNorm(const TrainKernels& kernels, const at::Tensor& x, const at::Tensor& added,
                                             const at::Tensor& weight, double eps)
{
    auto result = AddRmsNorm::apply(x, added.defined() ? c10::optional<at::Tensor>(added) : c10::nullopt, weight, eps,
                                    weight.requires_grad(), asNumber(kernels));
    return {result[0], result[1]};
}

at::Tensor normHeads(const TrainKernels& kernels, const at::Tensor& qkv, const HeadInputs& inputs,
                     const HeadShape& shape)
{
    const auto all = qkv.view({qkv.size(0), shape.heads + 2 * shape.kvHeads, shape.headDim});
    const auto normed = [&](int64_t first, int64_t count, const at::Tensor& weight) {
        const auto rows = all.narrow(1, first, count).reshape({-1, shape.headDim});
        return addRmsNorm(kernels, rows, {}, weight, inputs.eps).second.view({-1, count, shape.headDim});
    };
    return at::cat({normed(0, shape.heads, inputs.queryNorm), normed(shape.heads, shape.kvHeads, inputs.keyNorm),
                    all.narrow(1, shape.heads + shape.kvHeads, shape.kvHeads)},
                   1)
        .flatten(1, 2);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> rotateSplit(const TrainKernels& kernels, const at::Tensor& qkv,
                                                           const Rotary& rotary, const HeadShape& shape, int64_t batch)
{
    auto result =
        RotateSplit::apply(qkv, rotary.cosine, rotary.sine,
                           std::vector<int64_t>{shape.heads, shape.kvHeads, shape.headDim}, batch, asNumber(kernels));
    return {result[0], result[1], result[2]};
}

at::Tensor swiglu(const TrainKernels& kernels, const at::Tensor& gateUp)
{
    return Swiglu::apply(gateUp, asNumber(kernels));
}

at::Tensor linearCrossEntropy(const TrainKernels& kernels, const at::Tensor& states, const at::Tensor& head,
                              const at::Tensor& targets, const at::Tensor& factor)
{
    const bool gradients = at::GradMode::is_enabled();
    return LinearCrossEntropy::apply(states, head, targets, factor, gradients && states.requires_grad(),
                                     gradients && head.requires_grad(), asNumber(kernels));
}

at::Tensor mergeLora(const at::Tensor& weight, const std::vector<LoraPair>& pairs, double scale)
{
    std::vector<at::Tensor> matrices;
    std::vector<int64_t> rows;
    for (const auto& pair : pairs) {
        matrices.push_back(pair.a);
        matrices.push_back(pair.b);
        rows.push_back(pair.firstRow);
    }
    return MergeLora::apply(weight, at::TensorList(matrices), rows, scale);
}

} // namespace icae
