#include "train/watch.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace icae {

namespace {

constexpr double spikeDeviations = 6;
constexpr double stuckProgress = 0.2; // share of a job after which reading slots is expected
constexpr double stuckShare = 0.9;
constexpr double goodAccuracy = 0.95;
constexpr double poorBleu = 0.3;
constexpr double leastGain = 1e-3; // of a loss, as a share
constexpr std::int64_t staleEvaluations = 5;
constexpr std::ptrdiff_t staleLines = 100; // of metrics.jsonl

std::string number(double value)
{
    auto text = std::to_string(value);
    return text.substr(0, text.find('.') + 4);
}

} // namespace

std::optional<double> OutlierDetector::add(double value)
{
    std::optional<double> deviations;
    if (m_values.size() * 4 >= m_window) {
        double mean = 0;
        for (const double v : m_values)
            mean += v / static_cast<double>(m_values.size());
        double variance = 0;
        for (const double v : m_values)
            variance += (v - mean) * (v - mean) / static_cast<double>(m_values.size());
        if (variance > 0)
            deviations = (value - mean) / std::sqrt(variance);
    }
    m_values.push_back(value);
    if (m_values.size() > m_window)
        m_values.pop_front();
    return deviations;
}

Alert TrainWatch::loss(const std::string& series, double value)
{
    if (!std::isfinite(value)) {
        Alert alert{RunEventKind::Divergence, "The loss of " + series + " is not a number any more.",
                    "Go on from the last checkpoint with a lower learning rate or clipping norm."};
        if (m_divergence.empty())
            m_divergence = alert;
        return alert;
    }
    const auto deviations = m_detectors[series].add(value);
    if (!deviations || *deviations <= spikeDeviations)
        m_spiking.erase(series);
    else if (m_spiking.insert(series).second)
        return {RunEventKind::Spike,
                "The loss of " + series + " jumped to " + number(value) + ", " + number(*deviations)
                    + " standard deviations above its recent values.",
                "If it does not come back, lower the learning rate or the clipping norm, or warm up longer."};
    return {};
}

Alert TrainWatch::stuck(double autoencoding, double continuing, double progress)
{
    const bool before = std::exchange(m_stuck, progress >= stuckProgress && autoencoding >= stuckShare * continuing);
    if (!m_stuck || before)
        return {};
    return {RunEventKind::Plateau,
            "Autoencoding (loss " + number(autoencoding) + ") is hardly better than plain language modelling ("
                + number(continuing) + "): the slots are not read.",
            m_advice};
}

Alert TrainWatch::collapsed(double accuracy, double bleu)
{
    const bool before = std::exchange(m_collapsed, accuracy >= goodAccuracy && bleu <= poorBleu);
    if (!m_collapsed || before)
        return {};
    return {RunEventKind::Collapse,
            "Free-running reconstruction has collapsed (BLEU " + number(bleu) + ") under a teacher-forced accuracy of "
                + number(accuracy) + ".",
            "Look at the samples: one early miss may spoil the rest; longer training or more slots help."};
}

Alert TrainWatch::stale(double validation, std::int64_t step)
{
    if (validation < m_best * (1 - leastGain)) {
        m_best = validation;
        m_bestStep = step;
        m_since = 0;
        m_stale = false;
        return {};
    }
    if (++m_since < staleEvaluations || std::exchange(m_stale, true))
        return {};
    return {RunEventKind::NoProgress,
            "The validation has not become better in " + std::to_string(m_since) + " evaluations, since step "
                + std::to_string(m_bestStep) + ".",
            "Stop it and take that step's model, or lower the learning rate; more data helps where the training "
            "loss still falls."};
}

Alert TrainWatch::stale(double loss)
{
    m_losses.push_back(loss);
    if (std::ssize(m_losses) > 2 * staleLines)
        m_losses.pop_front();
    if (std::ssize(m_losses) < 2 * staleLines)
        return {};
    const auto middle = m_losses.begin() + staleLines;
    const double before = std::accumulate(m_losses.begin(), middle, 0.0);
    const double after = std::accumulate(middle, m_losses.end(), 0.0);
    if (after < before * (1 - leastGain)) {
        m_stale = false;
        return {};
    }
    if (std::exchange(m_stale, true))
        return {};
    return {RunEventKind::NoProgress,
            "The training loss of the last " + std::to_string(staleLines)
                + " lines is not below that of as many before.",
            "Raise the learning rate if it is small, lower it if the loss is rough, or stop here."};
}

Alert TrainWatch::disk(std::int64_t needed, std::int64_t free)
{
    const bool before = std::exchange(m_diskFull, free < 2 * needed);
    if (!m_diskFull || before)
        return {};
    constexpr std::int64_t megabyte = 1000 * 1000;
    return {RunEventKind::DiskFull,
            "The run's disk has " + std::to_string(free / megabyte) + " MB left, and a checkpoint takes "
                + std::to_string(needed / megabyte) + " MB.",
            "Free space there: a run whose checkpoint cannot be written ends, and goes on from the one before."};
}

std::string adviceOnUnreadSlots(const TrainJob& job)
{
    const bool spread = job.adapter.layout == PositionLayout::Spread;
    const bool midtrains = job.stage == Stage::Midtrain;
    if (spread && midtrains)
        return "Train longer, or give autoencoding a larger share of the mixture.";
    if (midtrains)
        return "A small base needs spread positions (adapter.position_layout).";
    return std::string("A small base needs mid-training first") + (spread ? "." : ", and spread positions.");
}

} // namespace icae
