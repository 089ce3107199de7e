#include "tensor/device.h"

#include "protocol/error.h"
#include "tensor/compat.h"

#include <charconv>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <omp.h>
#include <unistd.h>

#ifdef ICAE_WITH_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_purge_allocator(); // gcc has no header for it
#endif

namespace icae {

namespace {

constexpr std::string_view cudaPrefix = "cuda:";

DeviceMemory hostMemory()
{
    DeviceMemory memory;
    std::ifstream info("/proc/meminfo");
    std::string key;
    std::string unit;
    std::int64_t kibibytes = 0;
    while (info >> key >> kibibytes && std::getline(info, unit)) {
        if (key == "MemTotal:")
            memory.total = kibibytes * 1024;
        if (key == "MemAvailable:")
            memory.free = kibibytes * 1024;
    }
    return memory;
}

std::string whyNoCuda()
{
    return at::hasCUDA() ? "no CUDA device was found" : "this build uses a LibTorch without CUDA";
}

DeviceChoice automaticDevice()
{
    const int count = compat::cudaDeviceCount();
    if (count == 0)
        return {at::kCPU, whyNoCuda()};
    int best = 0;
    std::int64_t bestFree = -1;
    for (int i = 0; i < count; ++i) {
        const auto free = deviceMemory(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(i))).free;
        if (free > bestFree) {
            best = i;
            bestFree = free;
        }
    }
    return {at::Device(at::kCUDA, static_cast<at::DeviceIndex>(best)), "the CUDA device with the most free memory"};
}

template <typename Function> Function* findSymbol(const char* name)
{
    return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name)); // NOLINT: dlsym has no other type
}

} // namespace

DeviceChoice chooseDevice(std::string_view spec)
{
    if (spec == "auto")
        return automaticDevice();
    if (spec == "cpu")
        return {at::kCPU, "asked for"};
    int index = 0;
    bool valid = spec == "cuda";
    if (spec.starts_with(cudaPrefix)) {
        const char* end = spec.data() + spec.size();
        const auto parsed = std::from_chars(spec.data() + cudaPrefix.size(), end, index);
        valid = parsed.ec == std::errc() && parsed.ptr == end && index >= 0;
    }
    if (!valid)
        throw Error(ErrorKind::InvalidInput, "\"" + std::string(spec) + "\" is not a device.",
                    "Use auto, cpu, cuda or cuda:N.");
    const int count = compat::cudaDeviceCount();
    if (count == 0)
        throw Error(
            ErrorKind::Device, "CUDA was asked for, but " + whyNoCuda() + ".",
            "Use the CPU (--device cpu), or build against a LibTorch with CUDA (see the README's GPU section).");
    if (index >= count)
        throw Error(ErrorKind::Device,
                    "Device " + std::string(spec) + " does not exist: this machine has " + std::to_string(count)
                        + " CUDA device(s).",
                    "Use cuda:0 to cuda:" + std::to_string(count - 1) + ".");
    return {at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index)), "asked for"};
}

at::ScalarType chooseDtype(std::string_view spec, const at::Device& device)
{
    if (spec == "auto")
        return device.is_cpu() ? at::kFloat : at::kBFloat16;
    if (spec == "fp32")
        return at::kFloat;
    if (spec != "bf16" && spec != "fp16")
        throw Error(ErrorKind::InvalidInput, "\"" + std::string(spec) + "\" is not a precision.",
                    "Use auto, fp32, bf16 or fp16.");
    if (device.is_cpu())
        throw Error(ErrorKind::Unsupported, "The CPU computes in fp32 only; " + std::string(spec) + " was asked for.",
                    "Leave the precision at auto, or use a CUDA device.");
    return spec == "bf16" ? at::kBFloat16 : at::kHalf;
}

std::string dtypeName(at::ScalarType dtype)
{
    switch (dtype) {
    case at::kFloat:
        return "fp32";
    case at::kBFloat16:
        return "bf16";
    case at::kHalf:
        return "fp16";
    default:
        return c10::toString(dtype);
    }
}

std::string describeDevice(const at::Device& device)
{
    if (device.is_cpu())
        return "CPU (" + std::to_string(at::get_num_threads())
            + (at::get_num_threads() == 1 ? " thread)" : " threads)");
#ifdef ICAE_WITH_CUDA
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, device.index()) == cudaSuccess)
        return std::string(properties.name) + " (" + device.str() + ")";
#endif
    return device.str();
}

void prepareProcess(char** argv)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): no thread has been started yet
    if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr) {
        setenv("GOMP_SPINCOUNT", "20000", 1); // about 50 µs
        std::error_code ignored;
        const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
        execv(program.c_str(), argv); // OpenMP read its settings when it was loaded; where this fails, go on as it is
    }
    constexpr int kept = 1 << 30;
    mallopt(M_MMAP_THRESHOLD, kept);
    mallopt(M_TRIM_THRESHOLD, kept);
    if (std::getenv("OMP_NUM_THREADS") == nullptr)
        at::set_num_threads(omp_get_num_procs());
    // NOLINTEND(concurrency-mt-unsafe)
}

DeviceMemory deviceMemory(const at::Device& device)
{
    if (device.is_cpu())
        return hostMemory();
    DeviceMemory memory;
#ifdef ICAE_WITH_CUDA
    int previous = 0;
    cudaGetDevice(&previous);
    cudaSetDevice(device.index());
    std::size_t free = 0;
    std::size_t total = 0;
    if (cudaMemGetInfo(&free, &total) == cudaSuccess)
        memory = {static_cast<std::int64_t>(total), static_cast<std::int64_t>(free)};
    cudaSetDevice(previous);
#endif
    return memory;
}

std::int64_t peakTensorBytes([[maybe_unused]] const at::Device& device)
{
#ifdef ICAE_WITH_CUDA
    if (device.is_cuda())
        return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].peak;
#endif
    return 0;
}

void returnFreedMemory()
{
#ifdef ICAE_WITH_CUDA
    if (compat::cudaDeviceCount() > 0)
        c10::cuda::CUDACachingAllocator::emptyCache();
#endif
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_purge_allocator(); // which keeps what is freed, to find out who still uses it
#else
    malloc_trim(0);
#endif
}

void useDevice([[maybe_unused]] const at::Device& device)
{
#ifdef ICAE_WITH_CUDA
    if (device.is_cuda())
        c10::cuda::set_device(device.index());
#endif
}

void synchronize([[maybe_unused]] const at::Device& device)
{
#ifdef ICAE_WITH_CUDA
    if (device.is_cuda())
        c10::cuda::device_synchronize();
#endif
}

#ifdef ICAE_WITH_CUDA
struct HostCopy::Event {
    at::cuda::CUDAEvent event;
};
#else
struct HostCopy::Event { };
#endif

HostCopy::HostCopy(const at::Device& device)
    : m_device(device)
    , m_event(std::make_unique<Event>())
{
}

HostCopy::~HostCopy() = default;

at::Tensor HostCopy::start(const at::Tensor& tensor)
{
    if (!tensor.defined() || tensor.is_cpu())
        return tensor.defined() ? tensor.contiguous() : tensor;
    auto host = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
    host.copy_(tensor, true);
    return host;
}

void HostCopy::mark()
{
#ifdef ICAE_WITH_CUDA
    if (m_device.is_cuda())
        m_event->event.record(c10::cuda::getCurrentCUDAStream(m_device.index()));
#endif
}

void HostCopy::wait()
{
#ifdef ICAE_WITH_CUDA
    if (m_device.is_cuda())
        m_event->event.synchronize();
#endif
}

#ifdef ICAE_WITH_CUDA
struct DeviceMoment::Event {
    at::cuda::CUDAEvent event{cudaEventDefault}; // which has a time
};
#else
struct DeviceMoment::Event { };
#endif

DeviceMoment::DeviceMoment(const at::Device& device)
    : m_device(device)
    , m_event(std::make_unique<Event>())
{
}

DeviceMoment::~DeviceMoment() = default;

void DeviceMoment::mark()
{
    m_time = std::chrono::steady_clock::now();
#ifdef ICAE_WITH_CUDA
    if (m_device.is_cuda())
        m_event->event.record(c10::cuda::getCurrentCUDAStream(m_device.index()));
#endif
}

void DeviceMoment::wait()
{
#ifdef ICAE_WITH_CUDA
    if (m_device.is_cuda())
        m_event->event.synchronize();
#endif
}

double DeviceMoment::secondsBetween(const DeviceMoment& begin, const DeviceMoment& end)
{
#ifdef ICAE_WITH_CUDA
    constexpr double milliseconds = 1e-3;
    if (begin.m_device.is_cuda())
        return milliseconds * static_cast<double>(begin.m_event->event.elapsed_time(end.m_event->event));
#endif
    return std::chrono::duration<double>(end.m_time - begin.m_time).count();
}

BlasInfo blasInfo()
{
    if (const auto config = findSymbol<char*()>("openblas_get_config")) {
        std::string name = config();
        name = name.substr(0, name.find(' ', name.find(' ') + 1));
        if (const auto core = findSymbol<char*()>("openblas_get_corename"))
            name += std::string(" (") + core() + ")";
        return {name, true};
    }
    if (at::hasMKL())
        return {"MKL", true};
    return {"reference BLAS", false};
}

BlasThreadScope::BlasThreadScope(int threads)
{
    const auto get = findSymbol<int()>("openblas_get_num_threads");
    const auto set = findSymbol<void(int)>("openblas_set_num_threads");
    if (get == nullptr || set == nullptr || get() == threads)
        return;
    m_previous = get();
    set(threads);
}

BlasThreadScope::~BlasThreadScope()
{
    if (m_previous != 0)
        findSymbol<void(int)>("openblas_set_num_threads")(m_previous);
}

} // namespace icae
