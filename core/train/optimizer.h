#pragma once

#include "train/job.h"
#include "train/network.h"

#include <cstdint>
#include <span>
#include <vector>

namespace icae {

/// A matrix's singular values brought near 1 (those above a thousandth of its norm: 0.7 to 1.2), by five steps of
/// Newton and Schulz's iteration with the coefficients of Jordan et al. 2024.
/// @param matrices [n, rows, columns], n matrices, in the dtype to compute in
at::Tensor orthogonalized(const at::Tensor& matrices);

/// Learning rate of a step: linear warm-up, then the schedule.
/// @param step from 0; @param progress share of the job that is done, 0 to 1
double learningRateAt(const OptimizerSettings& settings, std::int64_t step, double progress);

/// AdamW with decoupled weight decay, or Muon for the matrices of a base's layers and AdamW for all else, and a limit
/// on the gradients' norm. All parameters, their gradients and moments live in one flat tensor each; the parameters
/// become views of it.
class Optimizer {
public:
    /// @param told numbers that travel with the gradients where ranks exchange them
    Optimizer(const std::vector<Parameter>& parameters, const OptimizerSettings& settings, std::int64_t told = 0);

    /// The gradients and what is told with them: one flat float32 tensor, which apply() sets to zero.
    at::Tensor& exchanged() { return m_exchanged; }
    /// What is told: the end of exchanged().
    const at::Tensor& told() const { return m_told; }
    at::Device device() const { return m_values.device(); }

    /// Tells the device what the next apply() uses.
    /// @param update number of this update, from 1
    void prepare(double learningRate, std::int64_t update);

    /// Updates the parameters from their gradients and sets these to zero. On a GPU without host synchronisation, so
    /// that it may be captured in a graph.
    void apply();

    /// Norm of all gradients before the last apply() limited it. [] float32
    const at::Tensor& gradientNorm() const { return m_norm; }

    /// Parameters, first and second moments: all that must be saved. Flat float32.
    std::array<at::Tensor, 3> state() const { return {m_values, m_firstMoments, m_secondMoments}; }

private:
    /// Matrices of one shape, by where they begin among all numbers.
    struct Matrices {
        std::int64_t rows = 0;
        std::int64_t columns = 0;
        std::vector<std::int64_t> begins;
    };

    void place(const Parameter& parameter, std::int64_t offset);
    void update(std::int64_t first, std::int64_t count, double decay);
    void updateMatrices();

    OptimizerSettings m_settings;
    at::Tensor m_values;
    at::Tensor m_exchanged;
    at::Tensor m_gradients; ///< the beginning of m_exchanged
    at::Tensor m_told;
    at::Tensor m_firstMoments;
    at::Tensor m_secondMoments;
    at::Tensor m_norm;
    at::Tensor m_limit; ///< by what the gradients are divided
    at::Tensor m_scalars; ///< on the device: learning rate, number of the update
    std::vector<Matrices> m_matrices; ///< of Muon
    std::int64_t m_orthogonal = 0; ///< numbers of Muon; they come first
    std::int64_t m_decaying = 0; ///< numbers with weight decay, those of Muon among them; they come before others
    double m_learningRate = 0;
    std::int64_t m_update = 0;
};

} // namespace icae
