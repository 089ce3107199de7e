#include "train/step_runner.h"

#include "tensor/compat.h"

#include <utility>

namespace icae {

namespace {

constexpr std::int64_t usesBeforeCapture = StepRunner::usesToSettle - 1;

} // namespace

StepRunner::StepRunner(const TrainNetwork& network, Optimizer& optimizer, std::int64_t accumulate,
                       std::unique_ptr<Capturer> capturer)
    : m_network(network)
    , m_optimizer(optimizer)
    , m_share(1.0 / static_cast<double>(accumulate))
    , m_capturer(std::move(capturer))
    , m_loss(at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(network.options().device)))
{
}

void StepRunner::run(const DeviceBatch& batch)
{
    const auto loss = m_network.loss(batch);
    (loss * m_share).backward();
    const at::NoGradGuard guard;
    m_loss.copy_(loss);
}

bool StepRunner::release()
{
    if (!m_capturer)
        return false;
    bool any = std::exchange(m_update, nullptr) != nullptr;
    for (auto& [shape, prepared] : m_prepared)
        any |= std::exchange(prepared.work, nullptr) != nullptr;
    m_capturer->release();
    m_shortOfMemory = true;
    return any;
}

/// @param hopeless is set where memory does not suffice although nothing else is captured
/// @return nothing where memory does not suffice; what was captured before is given up then
std::unique_ptr<Capturer::Work> StepRunner::capture(const std::function<void()>& work, bool& hopeless)
{
    try {
        return m_capturer->capture(work);
    } catch (const std::exception& fault) {
        if (!compat::isOutOfMemory(fault))
            throw;
    }
    hopeless = !release();
    return nullptr;
}

bool StepRunner::add(const Batch& batch, bool mayCapture)
{
    const auto place = std::ssize(m_told);
    m_told.push_back(batch.series);
    if (batch.sequences == 0)
        return true;
    auto& prepared = m_prepared[{batch.shape(), batch.objective}];
    ++prepared.uses;
    if (!prepared.batch.textIds.defined())
        prepared.batch = DeviceBatch::allocate(batch, m_network.options().device);
    prepared.batch.fill(batch);
    const bool settled = !m_capturer || prepared.hopeless || prepared.work;
    if (!settled && mayCapture && prepared.uses > usesBeforeCapture)
        prepared.work = capture([&] { run(prepared.batch); }, prepared.hopeless);
    if (prepared.work)
        prepared.work->replay();
    else
        run(prepared.batch);
    const at::NoGradGuard guard;
    m_optimizer.told().select(0, place).copy_(m_loss);
    return settled;
}

bool StepRunner::backward(const Batch& batch)
{
    if (m_capturer)
        m_step.push_back(batch);
    try {
        return add(batch, true);
    } catch (const std::exception& fault) {
        if (!compat::isOutOfMemory(fault) || !release())
            throw;
    }
    // The step from its beginning: what the batch added to the gradients before memory ran out is not known.
    m_optimizer.exchanged().zero_();
    m_told.clear();
    for (const auto& each : m_step)
        add(each, false);
    return false;
}

void StepRunner::drop()
{
    m_told.clear();
    m_step.clear();
}

void StepRunner::update(double learningRate, std::int64_t number)
{
    {
        const at::NoGradGuard guard;
        for (std::size_t i = 0; i < m_told.size(); ++i) {
            auto& series = m_series[m_told[i]];
            if (!series.sum.defined())
                series.sum = at::zeros_like(m_loss);
            series.sum.add_(m_optimizer.told().select(0, static_cast<std::int64_t>(i)));
            ++series.batches;
        }
        drop();
    }
    m_optimizer.prepare(learningRate, number);
    if (m_capturer && !m_update && !m_updateHopeless && m_updates >= usesBeforeCapture)
        m_update = capture([&] { m_optimizer.apply(); }, m_updateHopeless);
    if (m_update)
        m_update->replay();
    else
        m_optimizer.apply();
    ++m_updates;
}

LossSums StepRunner::pending() const
{
    LossSums sums;
    for (const auto& [name, series] : m_series)
        if (series.batches > 0)
            sums[name] = {series.sum.item<double>(), series.batches};
    return sums;
}

void StepRunner::restore(const LossSums& sums)
{
    const at::NoGradGuard guard;
    for (const auto& [name, sum] : sums)
        m_series[name] = {at::full_like(m_loss, sum.sum), sum.batches};
}

StepRunner::Report StepRunner::report()
{
    const at::NoGradGuard guard;
    Report report;
    for (auto& [name, series] : m_series) {
        if (series.batches == 0)
            continue;
        report.losses[name] = {series.sum.item<double>() / static_cast<double>(series.batches), series.batches};
        series.sum.zero_();
        series.batches = 0;
    }
    report.gradientNorm = m_optimizer.gradientNorm().item<double>();
    return report;
}

} // namespace icae
