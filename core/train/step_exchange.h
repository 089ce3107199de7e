#pragma once

#include "tensor/device.h"
#include "train/optimizer.h"
#include "train/ranks.h"

#include <array>
#include <memory>
#include <optional>

namespace icae {

/// What all ranks must decide alike.
struct StepWord {
    bool stop = false; ///< some rank was asked to
    bool checkpoint = false; ///< rank 0's clock says that one is due
    double seconds = 0; ///< of training, by rank 0's clock
    bool shortOfMemory = false; ///< some rank was, and went on without what saves time
};

/// What ranks exchange at each step: gradients, losses and a word, in one buffer and one sum. On a GPU the host does
/// not wait for it: it reads the word of the step before, which has come while this one was computed. Losses and
/// gradients are this step's.
class StepExchange {
public:
    /// Numbers of a word in the optimizer's buffer, behind its losses.
    static constexpr std::int64_t wordSize = 4;

    /// @param ranks, optimizer must outlive this
    /// @param seconds of training so far
    StepExchange(Ranks& ranks, Optimizer& optimizer, double seconds);

    /// Adds up over all ranks.
    /// @param own of this rank
    /// @return what all agree on: of the exchange before; of one rank, what was given
    StepWord run(const StepWord& own);

    /// Time that the device spent in exchanges, waiting for slower ranks included, since the last call. The last
    /// exchange is not in it yet. s
    double takeSeconds();

private:
    struct Sent {
        explicit Sent(const at::Device& device)
            : copy(device)
            , computed(device)
            , summed(device)
        {
        }
        HostCopy copy;
        at::Tensor word; ///< on the host
        DeviceMoment computed; ///< this rank had its gradients
        DeviceMoment summed;
        bool pending = false;
    };

    StepWord read(Sent& sent);

    Ranks& m_ranks;
    Optimizer& m_optimizer;
    StepWord m_agreed;
    std::array<Sent, 2> m_sent;
    std::size_t m_next = 0;
    double m_seconds = 0;
};

} // namespace icae
