#include "train/optimizer.h"

#include "tensor/compat.h"

#include <algorithm>
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

at::Tensor orthogonalized(const at::Tensor& matrices)
{
    constexpr double a = 3.4445;
    constexpr double b = -4.7750;
    constexpr double c = 2.0315;
    constexpr int steps = 5;
    const bool tall = matrices.size(1) > matrices.size(2);
    auto x = tall ? matrices.transpose(1, 2) : matrices;
    x = x / x.flatten(1).norm(2, {1}, true).unsqueeze(2).add(1e-7);
    for (int i = 0; i < steps; ++i) {
        const auto square = at::bmm(x, x.transpose(1, 2));
        x = at::baddbmm(x, at::baddbmm(square, square, square, b, c), x, a, 1);
    }
    return tall ? x.transpose(1, 2) : x;
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
    const auto orthogonal = [&](const Parameter& parameter) {
        return settings.kind == OptimizerSettings::Kind::Muon && !parameter.stacked.empty();
    };
    std::int64_t offset = 0;
    const auto placeAll = [&](auto&& belongs) {
        for (const auto& parameter : parameters) {
            if (!belongs(parameter))
                continue;
            place(parameter, offset);
            offset += parameter.value.numel();
        }
        return offset;
    };
    m_orthogonal = placeAll(orthogonal);
    m_decaying = placeAll([&](const auto& parameter) { return parameter.decays && !orthogonal(parameter); });
    placeAll([](const auto& parameter) { return !parameter.decays; });
}

/// Makes a parameter and its gradient views of all numbers from `offset` on.
void Optimizer::place(const Parameter& parameter, std::int64_t offset)
{
    auto value = parameter.value;
    const auto count = value.numel();
    const auto own = m_values.narrow(0, offset, count).view(value.sizes());
    own.copy_(value);
    value.set_data(own);
    value.mutable_grad() = m_gradients.narrow(0, offset, count).view(value.sizes());
    if (m_settings.kind != OptimizerSettings::Kind::Muon)
        return;
    for (const auto rows : parameter.stacked) {
        const auto columns = value.size(1);
        auto same = std::find_if(m_matrices.begin(), m_matrices.end(), [&](const Matrices& matrices) {
            return matrices.rows == rows && matrices.columns == columns;
        });
        if (same == m_matrices.end())
            same = m_matrices.insert(same, {rows, columns, {}});
        same->begins.push_back(offset);
        offset += rows * columns;
    }
}

void Optimizer::prepare(double learningRate, std::int64_t update)
{
    m_learningRate = learningRate;
    m_update = update;
    const at::NoGradGuard guard;
    auto host = at::empty({2}, at::TensorOptions().dtype(at::kFloat).pinned_memory(m_values.is_cuda()));
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

/// Muon (Jordan et al. 2024) with Nesterov's momentum, and steps as large as AdamW's (Liu et al. 2025, "Muon is
/// scalable", eq. 4: 0.2·√(greater side) of what is orthogonal), so that one rate and decay suit both.
void Optimizer::updateMatrices()
{
    if (m_orthogonal == 0)
        return;
    auto values = m_values.narrow(0, 0, m_orthogonal);
    auto gradients = m_gradients.narrow(0, 0, m_orthogonal);
    auto moments = m_firstMoments.narrow(0, 0, m_orthogonal);
    const auto rate = m_scalars.select(0, 0);
    moments.lerp_(gradients.div_(m_limit), 1 - m_settings.momentum);
    gradients.lerp_(moments, m_settings.momentum);
    values.mul_(1 - rate * m_settings.weightDecay);
    for (const auto& [rows, columns, begins] : m_matrices) {
        std::vector<at::Tensor> each;
        each.reserve(begins.size());
        for (const auto begin : begins)
            each.push_back(gradients.narrow(0, begin, rows * columns).view({rows, columns}));
        const auto dtype = values.is_cuda() ? at::kBFloat16 : at::kFloat;
        const auto size = 0.2 * std::sqrt(static_cast<double>(std::max(rows, columns)));
        const auto steps = orthogonalized(at::stack(each).to(dtype)).to(at::kFloat).mul_(rate * size);
        for (std::size_t i = 0; i < begins.size(); ++i)
            values.narrow(0, begins[i], rows * columns).sub_(steps[static_cast<std::int64_t>(i)].flatten());
    }
}

void Optimizer::apply()
{
    const at::NoGradGuard guard;
    m_norm.copy_(m_gradients.norm());
    if (m_settings.clip > 0)
        m_limit.copy_((m_norm / m_settings.clip).clamp_min(1));
    updateMatrices();
    update(m_orthogonal, m_decaying - m_orthogonal, m_settings.weightDecay);
    update(m_decaying, m_values.numel() - m_decaying, 0);
    m_exchanged.zero_();
}

} // namespace icae
