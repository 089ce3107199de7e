#include "tensor/kernels.h"

#include "tensor/cpu_kernels.h"

#ifdef ICAE_WITH_CUDA_KERNELS
#include "tensor/cuda_kernels.h"
#endif

namespace icae {

std::shared_ptr<const Kernels> makeKernels(const at::Device& device, at::ScalarType dtype)
{
    if (device.is_cpu() && dtype == at::kFloat)
        return std::make_shared<CpuKernels>();
#ifdef ICAE_WITH_CUDA_KERNELS
    if (device.is_cuda() && (dtype == at::kFloat || dtype == at::kHalf || dtype == at::kBFloat16))
        return std::make_shared<CudaKernels>();
#endif
    return makePlainKernels();
}

} // namespace icae
