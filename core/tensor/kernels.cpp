#include "tensor/kernels.h"

#include "tensor/cpu_kernels.h"

namespace icae {

std::shared_ptr<const Kernels> makeKernels(const at::Device& device, at::ScalarType dtype)
{
    if (device.is_cpu() && dtype == at::kFloat)
        return std::make_shared<CpuKernels>();
    return makePlainKernels();
}

} // namespace icae
