#include "train/peak_bytes.h"

#include "tensor/device.h"

#include <fstream>
#include <string>

namespace icae {

std::int64_t peakBytes(const at::Device& device)
{
    if (!device.is_cpu())
        return peakTensorBytes(device);
    constexpr std::int64_t kibi = 1024;
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key; status.ignore(INT64_MAX, '\n'))
        if (std::int64_t count = 0; key == "VmHWM:" && status >> count)
            return count * kibi;
    return 0;
}

} // namespace icae
