#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace icae {

/// Names rank 0's process to those that it started.
inline constexpr auto parentVariable = "ICAE_RANK_PARENT";

/// The processes of ranks 1 and up, where rank 0 starts them on its own host: this program anew with the same
/// arguments, beside each other in this session, so that Ctrl-C reaches all. Those that are left are killed with this.
class RankProcesses {
public:
    RankProcesses() = default;
    ~RankProcesses();
    RankProcesses(const RankProcesses&) = delete;
    RankProcesses& operator=(const RankProcesses&) = delete;

    /// @param size ranks in all; @param port of the store on this host
    /// @param threads OpenMP's, of each
    /// @throws Error (Internal) where no process can be started
    void start(std::int64_t size, std::uint16_t port, int threads);

    struct Ended {
        std::int64_t rank = 0;
        int code = 0;
        int signal = 0; ///< 0: it ended by itself
    };
    /// One that has ended since the last call.
    std::optional<Ended> ended();
    /// Whether any still runs.
    bool any() const;
    /// Ends those that still run, whatever they do.
    void kill();

private:
    struct Process {
        pid_t id = 0; ///< 0: buried
        std::int64_t rank = 0;
    };
    std::vector<Process> m_processes;
};

} // namespace icae
