#pragma once

#include "train/batch.h"

#include <map>
#include <utility>
#include <vector>

namespace icae {

/// How long the steps of a job take, by those of them that were timed. Until a batch's shape has settled, a GPU tries
/// algorithms and captures its work: that costs a job some seconds once, whatever its length, and is counted apart.
/// What was timed counts as it was: the very first batches also load libraries, which no other batch does again.
class StepTimes {
public:
    /// A batch that the job will read. All are told before any is timed; of a long job, the first ones.
    void expect(const Batch& batch);

    /// @param settled as StepRunner::backward() has it
    void timed(const Batch& batch, double seconds, bool settled);
    /// Of batches whose shapes had settled.
    std::int64_t timed(Objective objective) const;
    /// An update of the parameters, in order.
    void updated(double seconds) { m_updates.push_back(seconds); }

    /// Of a batch in the mean over those that were expected, once all has settled.
    double secondsABatch() const;
    double secondsAnUpdate() const;
    /// What all that were expected take in addition, until their shapes and the updates have settled.
    double settlingSeconds() const;

private:
    struct Timed {
        double seconds = 0;
        double size = 0;
    };
    struct Settling {
        Timed batch;
        bool counts = false; ///< one of the uses that the job makes of the shape
    };
    struct Kind {
        std::map<Batch::Shape, std::int64_t> uses; ///< that are not timed yet
        double size = 0; ///< of what was expected
        std::vector<Timed> settled;
        std::vector<Settling> settling;

        double rate() const; ///< seconds by size
        double settlingSeconds() const;
    };
    std::map<Objective, Kind> m_kinds;
    std::vector<double> m_updates;
    double m_batches = 0;
};

/// Rows of all forwards of a batch: what its time is proportional to.
std::int64_t sizeOf(const Batch& batch);

} // namespace icae
