#pragma once

#include "train/job.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace icae {

/// Finds values that lie far from the recent ones: z-score over a sliding window, as llm.c's outlier detector.
class OutlierDetector {
public:
    explicit OutlierDetector(std::size_t window = 128)
        : m_window(window)
    {
    }

    /// @return how many standard deviations the value lies above the mean of the window before it; nothing until the
    ///         window is a quarter full
    std::optional<double> add(double value);

private:
    std::size_t m_window;
    std::deque<double> m_values;
};

/// What a training run is watched for. Each trouble is said once until it is over.
class TrainWatch {
public:
    /// @param advice what may help where slots are not read, sentences
    explicit TrainWatch(std::string advice = {})
        : m_advice(std::move(advice))
    {
    }

    /// @return a sentence on NaN or a spike of one curve's loss; empty where all is well
    std::string loss(const std::string& series, double value);

    /// @param autoencoding validation loss of autoencoding, @param continuing that of the language model without slots:
    ///        an autoencoder that is no better than that does not read its slots
    std::string stuck(double autoencoding, double continuing, double progress);

    /// @param accuracy teacher-forced token accuracy; @param bleu of free-running decoding, 0 to 1
    std::string collapsed(double accuracy, double bleu);

    bool diverged() const { return !m_divergence.empty(); }
    /// The sentence on the first value that was no number; empty where there was none.
    const std::string& divergence() const { return m_divergence; }

private:
    std::string m_advice;
    std::map<std::string, OutlierDetector> m_detectors;
    std::set<std::string> m_spiking; ///< curves
    std::string m_divergence;
    bool m_stuck = false;
    bool m_collapsed = false;
};

/// What may help where slots are not read, but for what the job does already.
std::string adviceOnUnreadSlots(const TrainJob& job);

} // namespace icae
