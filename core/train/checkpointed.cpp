#include "train/checkpointed.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace icae {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Checkpointed : torch::autograd::Function<Checkpointed> {
    /// The function in the form that saved_data can hold.
    struct Holder : torch::CustomClassHolder {
        explicit Holder(TensorFunction f)
            : function(std::move(f))
        {
        }
        TensorFunction function;
    };

    static variable_list forward(AutogradContext* context, at::TensorList inputs,
                                 const c10::intrusive_ptr<Holder>& holder)
    {
        context->save_for_backward(inputs.vec());
        context->saved_data["function"] = c10::IValue::make_capsule(holder);
        return holder->function(inputs.vec());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto holder = context->saved_data["function"].toCapsule();
        auto inputs = context->get_saved_variables();
        variable_list wanted;
        for (auto& input : inputs) {
            const bool tracked = input.requires_grad();
            input = input.detach().set_requires_grad(tracked);
            if (tracked)
                wanted.push_back(input);
        }
        variable_list outputs;
        {
            const at::AutoGradMode gradMode(true);
            outputs = static_cast<Holder&>(*holder).function(inputs);
        }
        variable_list used;
        variable_list usedGradients;
        for (std::size_t i = 0; i < outputs.size(); ++i)
            if (gradients[i].defined()) {
                used.push_back(outputs[i]);
                usedGradients.push_back(gradients[i]);
            }
        const auto found = torch::autograd::grad(used, wanted, usedGradients, false, false, true);
        variable_list result;
        std::size_t next = 0;
        for (const auto& input : inputs)
            result.push_back(input.requires_grad() ? found[next++] : at::Tensor());
        result.emplace_back();
        return result;
    }
};

} // namespace

std::vector<at::Tensor> checkpointed(const TensorFunction& function, const std::vector<at::Tensor>& inputs)
{
    // Autograd takes defined tensors only.
    std::vector<at::Tensor> defined;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].defined()) {
            defined.push_back(inputs[i]);
            places.push_back(i);
        }
    const auto whole = [function, places, count = inputs.size()](const std::vector<at::Tensor>& given) {
        std::vector<at::Tensor> all(count);
        for (std::size_t i = 0; i < places.size(); ++i)
            all[places[i]] = given[i];
        return function(all);
    };
    return Checkpointed::apply(at::TensorList(defined), c10::make_intrusive<Checkpointed::Holder>(whole));
}

} // namespace icae
