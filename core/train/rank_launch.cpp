#include "train/rank_launch.h"

#include "runs/launcher.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace icae {

RankProcesses::~RankProcesses()
{
    kill();
}

void RankProcesses::start(std::int64_t size, std::uint16_t port, int threads)
{
    for (std::int64_t rank = 1; rank < size; ++rank) {
        const auto set = [](const char* name, const std::string& value) { return std::string(name) + "=" + value; };
        const auto id =
            launchTwin({set("RANK", std::to_string(rank)), set("LOCAL_RANK", std::to_string(rank)),
                        set("WORLD_SIZE", std::to_string(size)), set("MASTER_ADDR", "127.0.0.1"),
                        set("MASTER_PORT", std::to_string(port)), set("OMP_NUM_THREADS", std::to_string(threads)),
                        set(parentVariable, std::to_string(getpid()))});
        m_processes.push_back({id, rank});
    }
}

std::optional<RankProcesses::Ended> RankProcesses::ended()
{
    for (auto& process : m_processes) {
        int status = 0;
        if (process.id == 0 || waitpid(process.id, &status, WNOHANG) != process.id)
            continue;
        process.id = 0;
        return Ended{process.rank, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                     WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    }
    return std::nullopt;
}

bool RankProcesses::any() const
{
    return std::any_of(m_processes.begin(), m_processes.end(), [](const auto& process) { return process.id != 0; });
}

void RankProcesses::kill()
{
    for (auto& process : m_processes) {
        if (process.id == 0)
            continue;
        ::kill(process.id, SIGKILL);
        while (waitpid(process.id, nullptr, 0) < 0 && errno == EINTR) { }
        process.id = 0;
    }
}

} // namespace icae
