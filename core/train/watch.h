#pragma once

#include "protocol/run_status.h"
#include "train/job.h"

#include <cstdint>
#include <deque>
#include <limits>
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

/// A trouble of a run and what to do about it; empty where all is well.
struct Alert {
    RunEventKind kind = RunEventKind::NoProgress;
    std::string sentence;
    std::string remedy;

    bool empty() const { return sentence.empty(); }
    std::string text() const { return sentence + (remedy.empty() ? "" : " " + remedy); }
};

/// What a training run is watched for. Each trouble is said once until it is over.
class TrainWatch {
public:
    /// @param advice what may help where slots are not read, sentences
    explicit TrainWatch(std::string advice = {})
        : m_advice(std::move(advice))
    {
    }

    /// NaN or a spike of one curve's loss.
    Alert loss(const std::string& series, double value);

    /// @param autoencoding validation loss of autoencoding, @param continuing that of the language model without slots:
    ///        an autoencoder that is no better than that does not read its slots
    Alert stuck(double autoencoding, double continuing, double progress);

    /// @param accuracy teacher-forced token accuracy; @param bleu of free-running decoding, 0 to 1
    Alert collapsed(double accuracy, double bleu);

    /// The validation's loss has not become better for long.
    Alert stale(double validation, std::int64_t step);
    /// The training loss of the last lines is not below that of as many before.
    Alert stale(double loss);

    /// @param needed bytes of the next checkpoint, about; @param free bytes of the disk that the run is on
    Alert disk(std::int64_t needed, std::int64_t free);

    bool diverged() const { return !m_divergence.empty(); }
    /// The alert of the first value that was no number; empty where there was none.
    const Alert& divergence() const { return m_divergence; }

private:
    std::string m_advice;
    std::map<std::string, OutlierDetector> m_detectors;
    std::set<std::string> m_spiking; ///< curves
    Alert m_divergence;
    std::deque<double> m_losses; ///< of the last lines
    double m_best = std::numeric_limits<double>::infinity(); ///< of the validation
    std::int64_t m_bestStep = 0;
    std::int64_t m_since = 0; ///< evaluations since
    bool m_stuck = false;
    bool m_collapsed = false;
    bool m_stale = false;
    bool m_diskFull = false;
};

/// What may help where slots are not read, but for what the job does already.
std::string adviceOnUnreadSlots(const TrainJob& job);

} // namespace icae
