#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace icae {

inline constexpr std::int64_t mostRanks = 4096;

/// Where a process stands among those that train one job together.
struct RankPlace {
    std::int64_t rank = 0;
    std::int64_t size = 1; ///< ranks in all
    std::int64_t localRank = 0; ///< among those of this host
    std::string address = "127.0.0.1"; ///< of the store at which ranks meet
    std::uint16_t port = 0; ///< 0: rank 0 takes a free one
    bool agentStore = false; ///< torchrun's agent has the store: rank 0 is a client of it, too
    std::string attempt = "0"; ///< of torchrun's, which starts all ranks anew at the same store where one failed
    bool fromEnvironment = false; ///< somebody else starts the ranks; otherwise rank 0 does
    pid_t parent = 0; ///< rank 0, where it started this process

    bool alone() const { return size == 1; }
    bool first() const { return rank == 0; }
    bool launches() const { return size > 1 && !fromEnvironment; }
};

/// The place that RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT give this process, as torchrun sets them
/// and a Slurm script can; without them it is rank 0 of as many as were asked for.
/// @param asked ranks, on the command line
/// @param wanted ranks, in the job, where nobody asked otherwise
/// @throws Error (InvalidInput) naming the variable at fault
RankPlace rankPlace(std::optional<std::int64_t> asked, std::int64_t wanted);

/// Name of this host.
std::string hostName();

} // namespace icae
