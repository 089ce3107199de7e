#include "train/optimizer.h"

#include "tensor/compat.h"

#include <cmath>
#include <numbers>

namespace icae {

double learningRateAt(const OptimizerSettings& settings, std::int64_t step, double progress)
{
    const double warm =
        settings.warmup > 0 ? std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(settings.warmup)) : 1.0;
    const double done = std::clamp(progress, 0.0, 1.0);
    double share = 1;
    if (settings.schedule == OptimizerSettings::Schedule::Linear)
        share = std::max(settings.finalShare, 1 - done);
    else if (settings.schedule == OptimizerSettings::Schedule::Cosine)
        share = settings.finalShare + (1 - settings.finalShare) * 0.5 * (1 + std::cos(std::numbers::pi * done));
    return settings.learningRate * warm * share;
}

Optimizer::Optimizer(const std::vector<Parameter>& parameters, const OptimizerSettings& settings, std::int64_t told)
    : m_settings(settings)
{
    const at::NoGradGuard guard;
    std::int64_t total = 0;
    for (const auto& parameter : parameters)
        total += parameter.value.numel();
    const auto options = at::TensorOptions().dtype(at::kFloat).device(parameters.front().value.device());
    m_values = at::empty({total}, options);
    m_exchanged = at::zeros({total + told}, options);
    m_gradients = m_exchanged.narrow(0, 0, total);
    m_told = m_exchanged.narrow(0, total, told);
    m_firstMoments = at::zeros({total}, options);
    m_secondMoments = at::zeros({total}, options);
    m_norm = at::zeros({}, options);
    m_limit = at::ones({}, options);
    m_scalars = at::zeros({2}, options);
    std::int64_t offset = 0;
    for (const bool decays : {true, false}) {
        for (const auto& parameter : parameters) {
            if (parameter.decays != decays)
                continue;
            auto value = parameter.value;
            const auto count = value.numel();
            const auto place = m_values.narrow(0, offset, count).view(value.sizes());
            place.copy_(value);
            value.set_data(place);
            value.mutable_grad() = m_gradients.narrow(0, offset, count).view(value.sizes());
            offset += count;
        }
        if (decays)
            m_decaying = offset;
    }
}

void Optimizer::prepare(double learningRate, std::int64_t update)
{
    m_learningRate = learningRate;
    m_update = update;
    if (!m_values.is_cuda())
        return;
    const at::NoGradGuard guard;
    auto host = at::empty({2}, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
    host.data_ptr<float>()[0] = static_cast<float>(learningRate);
    host.data_ptr<float>()[1] = static_cast<float>(update);
    m_scalars.copy_(host, true);
}

void Optimizer::update(std::int64_t first, std::int64_t count, double decay)
{
    if (count == 0)
        return;
    auto values = m_values.narrow(0, first, count);
    auto gradients = m_gradients.narrow(0, first, count);
    auto moments = m_firstMoments.narrow(0, first, count);
    auto squares = m_secondMoments.narrow(0, first, count);
    if (compat::fusedAdamW(values, gradients, moments, squares, m_scalars.select(0, 1), m_scalars.select(0, 0),
                           {m_settings.beta1, m_settings.beta2, decay, m_settings.epsilon}, m_limit))
        return;
    const auto update = static_cast<double>(m_update);
    gradients.div_(m_limit);
    moments.mul_(m_settings.beta1).add_(gradients, 1 - m_settings.beta1);
    squares.mul_(m_settings.beta2).addcmul_(gradients, gradients, 1 - m_settings.beta2);
    const auto deviation = (squares / (1 - std::pow(m_settings.beta2, update))).sqrt_().add_(m_settings.epsilon);
    values.mul_(1 - m_learningRate * decay)
        .addcdiv_(moments, deviation, -m_learningRate / (1 - std::pow(m_settings.beta1, update)));
}

void Optimizer::apply()
{
    const at::NoGradGuard guard;
    m_norm.copy_(m_gradients.norm());
    if (m_settings.clip > 0)
        m_limit.copy_((m_norm / m_settings.clip).clamp_min(1));
    update(0, m_decaying, m_settings.weightDecay);
    update(m_decaying, m_values.numel() - m_decaying, 0);
    m_exchanged.zero_();
}

} // namespace icae
