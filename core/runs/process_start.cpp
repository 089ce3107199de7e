#include "runs/process_start.h"

#include <charconv>
#include <ctime>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace icae {

std::string startOf(std::int64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto close = line.rfind(')');
    if (close == std::string::npos)
        return {};
    std::istringstream rest(line.substr(close + 1));
    std::string state;
    rest >> state;
    if (state == "Z" || state == "X")
        return {};
    std::string field;
    for (int i = 4; i <= 22; ++i)
        rest >> field;
    return field;
}

std::chrono::steady_clock::time_point processStart()
{
    using Clock = std::chrono::steady_clock;
    const auto now = Clock::now();
    const auto start = startOf(getpid());
    std::int64_t ticks = 0;
    std::timespec boot{}; // ticks are counted while the machine sleeps, too
    if (std::from_chars(start.data(), start.data() + start.size(), ticks).ec != std::errc()
        || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
        return now;
    const std::chrono::duration<double> age(static_cast<double>(boot.tv_sec) + static_cast<double>(boot.tv_nsec) * 1e-9
                                            - static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)));
    return age.count() > 0 ? now - std::chrono::duration_cast<Clock::duration>(age) : now;
}

} // namespace icae
