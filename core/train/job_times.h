#pragma once

#include "train/job.h"

#include <vector>

namespace icae {

/// What the parts of a run take, in seconds.
struct JobTimes {
    double start = 0; ///< from the command's begin to the first step
    double step = 0; ///< once all has settled
    double settling = 0; ///< of all steps together, in addition
    double firstEvaluation = 0;
    double laterEvaluation = 0; ///< each
    double checkpoint = 0; ///< the model that each leaves included
    double keptModel = 0; ///< what an evaluation keeps of a job that keeps models
};

/// What the whole command takes, from its begin to its end: all that a run does, as often as it does it.
/// A job that stops by the clock does steps for so long, whatever settles meanwhile; all else comes on top of it.
double secondsOf(const TrainJob& job, const JobTimes& times);

/// How long a job's evaluation takes by the pieces that were timed. What a GPU's libraries load and choose is paid for
/// in the first evaluation of all and not again, so a piece may be timed twice.
class EvaluationTimes {
public:
    /// @param sizes of the pieces as validationPieces() has them
    /// @param ranks that take turns in them
    EvaluationTimes(const std::vector<double>& sizes, std::int64_t ranks);

    /// In which pieces are best timed: those whose time nothing else tells, then the largest, which needs most memory.
    std::vector<std::size_t> order() const;
    bool isTold(std::size_t piece) const { return m_pieces[piece].size > 0; } ///< by other pieces, once one is timed

    void timed(std::size_t piece, double seconds);
    /// What every rank does before the pieces.
    void prepared(double seconds) { m_prepared.push_back(seconds); }

    double first() const;
    double later() const;

private:
    struct Piece {
        double size = 0;
        std::vector<double> seconds;
    };
    double sum(bool later) const;

    std::vector<Piece> m_pieces;
    std::vector<double> m_prepared;
    std::int64_t m_ranks;
};

} // namespace icae
