#pragma once

#include "tensor/captured.h"
#include "train/loss_sum.h"
#include "train/network.h"
#include "train/optimizer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace icae {

/// Forward, backward and update. On a GPU the work of each frequent batch shape is captured once and replayed, so that
/// the host only copies batches; losses stay on the device until somebody asks. Where memory runs out, captured work is
/// given up and the step begun again, before anything fails.
class StepRunner {
public:
    /// Losses in the optimizer's told() of a step of so many batches: they are the first there.
    static std::int64_t lossesOf(std::int64_t accumulate) { return accumulate; }

    /// Uses of a shape until its work is captured: the libraries choose their algorithms in the first ones.
    static constexpr std::int64_t usesToSettle = 3;

    /// @param optimizer tells at least lossesOf(accumulate) numbers
    /// @param accumulate batches an update
    /// @param capturer none: nothing is captured
    StepRunner(const TrainNetwork& network, Optimizer& optimizer, std::int64_t accumulate,
               std::unique_ptr<Capturer> capturer);

    /// Adds the gradient of one batch, or of a rank's part of it, and puts its loss where the optimizer tells it. A
    /// part may be empty.
    /// @return false where that took longer than it will once the batch's shape has settled
    bool backward(const Batch& batch);
    /// Takes back what the batches since the last update told. Their gradients stay: nothing can be trained after it.
    void drop();
    /// Updates the parameters from what was added up, over all ranks by now where there are several.
    void update(double learningRate, std::int64_t number);

    /// Gives the memory of captured work back; what is frequent is captured again.
    /// @return false where there was none
    bool release();
    /// Whether memory ran out since the last call, so that captured work was given up, or something was not captured.
    bool takeShortOfMemory() { return std::exchange(m_shortOfMemory, false); }

    /// What was computed since the last call; waits for the device.
    struct Report {
        struct Loss {
            double mean = 0;
            std::int64_t batches = 0;
        };
        std::map<std::string, Loss> losses; ///< by series
        double gradientNorm = 0; ///< of the last update
    };
    Report report();

    /// What the next report will tell of the batches so far; waits for the device.
    LossSums pending() const;
    /// Goes on with what another runner had pending, bit for bit.
    void restore(const LossSums& sums);

private:
    struct Prepared {
        DeviceBatch batch;
        std::unique_ptr<Capturer::Work> work;
        std::int64_t uses = 0;
        bool hopeless = false; ///< memory does not suffice to capture it
    };
    struct Series {
        at::Tensor sum; ///< [] float32 on the device
        std::int64_t batches = 0;
    };

    void run(const DeviceBatch& batch);
    bool add(const Batch& batch, bool mayCapture);
    std::unique_ptr<Capturer::Work> capture(const std::function<void()>& work, bool& hopeless);

    const TrainNetwork& m_network;
    Optimizer& m_optimizer;
    double m_share;
    std::unique_ptr<Capturer> m_capturer;
    std::map<std::pair<Batch::Shape, Objective>, Prepared> m_prepared;
    std::unique_ptr<Capturer::Work> m_update;
    std::int64_t m_updates = 0;
    bool m_updateHopeless = false;
    bool m_shortOfMemory = false; ///< since somebody asked
    std::vector<Batch> m_step; ///< its batches so far, where work is captured
    at::Tensor m_loss; ///< [] of the last batch
    std::map<std::string, Series> m_series;
    std::vector<std::string> m_told; ///< whose losses stand in the optimizer, in order
};

} // namespace icae
