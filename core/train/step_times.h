#pragma once

#include "train/batch.h"

#include <map>
#include <utility>
#include <vector>

namespace icae {

/// How long the batches of a job take, by those of them that were timed. Until a batch's shape has settled, a GPU tries
/// algorithms and captures its work: that costs a job some seconds once, whatever its length, and is counted apart.
class StepTimes {
public:
    /// A batch that the job will read. All are told before anything is asked; of a long job, the first ones.
    void expect(const Batch& batch);

    /// @param settled as StepRunner::backward() has it
    void timed(const Batch& batch, double seconds, bool settled);
    /// Of batches whose shapes had settled.
    std::int64_t timed(Objective objective) const;

    /// Of a batch in the mean over those that were expected, once all has settled.
    double secondsABatch() const;
    /// What all that were expected take in addition, until their shapes have settled.
    double settlingSeconds() const;

private:
    struct Timed {
        double seconds = 0;
        double size = 0;
    };
    struct Kind {
        std::map<Batch::Shape, std::int64_t> uses;
        double size = 0; ///< of what was expected
        std::vector<Timed> settled;
        std::vector<Timed> settling;

        double rate() const; ///< seconds by size
    };
    std::map<Objective, Kind> m_kinds;
    double m_batches = 0;
};

/// Rows of all forwards of a batch: what its time is proportional to.
std::int64_t sizeOf(const Batch& batch);

} // namespace icae
