#include "train/job_times.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace icae {

namespace {

/// A run does what is due every so many steps before its last one, and once at the end in any case.
double timesOf(double steps, std::int64_t every)
{
    return every > 0 ? std::max(1.0, std::ceil(steps / static_cast<double>(every))) : 1;
}

double pick(const std::vector<double>& seconds, bool later)
{
    if (seconds.empty())
        return 0;
    return later ? seconds.back() : seconds.front();
}

} // namespace

double secondsOf(const TrainJob& job, const JobTimes& times)
{
    constexpr double minute = 60;
    const double steps = job.steps
        ? static_cast<double>(*job.steps)
        : std::max(1.0, (*job.minutes * minute - times.settling) / std::max(times.step, 1e-9));
    const double training = job.steps ? steps * times.step + times.settling : *job.minutes * minute;
    const double evaluations = timesOf(steps, job.evaluateEvery);
    const double evaluating = times.firstEvaluation + (evaluations - 1) * times.laterEvaluation
        + (job.keepModels ? evaluations * times.keptModel : 0);
    double checkpoints = timesOf(steps, job.checkpointEvery);
    if (job.checkpointMinutes > 0)
        checkpoints = std::max(checkpoints, std::floor((training + evaluating) / (job.checkpointMinutes * minute)) + 1);
    return times.start + training + evaluating + checkpoints * times.checkpoint;
}

EvaluationTimes::EvaluationTimes(const std::vector<double>& sizes, std::int64_t ranks)
    : m_ranks(std::max<std::int64_t>(1, ranks))
{
    for (const auto size : sizes)
        m_pieces.push_back({size, {}});
}

std::vector<std::size_t> EvaluationTimes::order() const
{
    std::vector<std::size_t> pieces(m_pieces.size());
    std::iota(pieces.begin(), pieces.end(), std::size_t{0});
    std::stable_sort(pieces.begin(), pieces.end(), [this](std::size_t a, std::size_t b) {
        if (isTold(a) != isTold(b))
            return isTold(b);
        return m_pieces[a].size > m_pieces[b].size;
    });
    return pieces;
}

void EvaluationTimes::timed(std::size_t piece, double seconds)
{
    m_pieces.at(piece).seconds.push_back(seconds);
}

double EvaluationTimes::first() const
{
    return sum(false);
}

double EvaluationTimes::later() const
{
    return sum(true);
}

/// Of the rank that takes longest.
double EvaluationTimes::sum(bool later) const
{
    double size = 0;
    double seconds = 0;
    for (const auto& piece : m_pieces)
        if (piece.size > 0 && !piece.seconds.empty()) {
            size += piece.size;
            seconds += pick(piece.seconds, true); // what others take does not become more by what one loaded for all
        }
    const double rate = seconds / std::max(size, 1.0);
    std::vector<double> ranks(static_cast<std::size_t>(m_ranks));
    for (std::size_t i = 0; i < m_pieces.size(); ++i)
        ranks[i % ranks.size()] +=
            m_pieces[i].seconds.empty() ? m_pieces[i].size * rate : pick(m_pieces[i].seconds, later);
    return pick(m_prepared, later) + *std::max_element(ranks.begin(), ranks.end());
}

} // namespace icae
