#include "train/watch.h"

#include <cmath>
#include <utility>

namespace icae {

namespace {

constexpr double spikeDeviations = 6;
constexpr double stuckProgress = 0.2; // share of a job after which reading slots is expected
constexpr double stuckShare = 0.9;
constexpr double goodAccuracy = 0.95;
constexpr double poorBleu = 0.3;

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

std::string TrainWatch::loss(const std::string& series, double value)
{
    if (!std::isfinite(value)) {
        auto sentence =
            "The loss of " + series + " is not a number any more: lower the learning rate or the clipping norm.";
        if (m_divergence.empty())
            m_divergence = sentence;
        return sentence;
    }
    const auto deviations = m_detectors[series].add(value);
    if (!deviations || *deviations <= spikeDeviations)
        m_spiking.erase(series);
    else if (m_spiking.insert(series).second)
        return "The loss of " + series + " jumped to " + number(value) + ", " + number(*deviations)
            + " standard deviations above its recent values.";
    return {};
}

std::string TrainWatch::stuck(double autoencoding, double continuing, double progress)
{
    const bool before = std::exchange(m_stuck, progress >= stuckProgress && autoencoding >= stuckShare * continuing);
    if (!m_stuck || before)
        return {};
    return "Autoencoding (loss " + number(autoencoding) + ") is hardly better than plain language modelling ("
        + number(continuing) + "): the slots are not read." + (m_advice.empty() ? "" : " " + m_advice);
}

std::string TrainWatch::collapsed(double accuracy, double bleu)
{
    const bool before = std::exchange(m_collapsed, accuracy >= goodAccuracy && bleu <= poorBleu);
    if (!m_collapsed || before)
        return {};
    return "Free-running reconstruction has collapsed (BLEU " + number(bleu) + ") under a teacher-forced accuracy of "
        + number(accuracy) + ".";
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
