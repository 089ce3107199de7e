#pragma once

#include "tensor/torch.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace icae {

/// Where to compute, and why there.
struct DeviceChoice {
    at::Device device = at::kCPU;
    std::string reason; ///< a phrase for the user, e.g. "no CUDA device found"
};

/// @param spec "auto", "cpu", "cuda" or "cuda:N". "auto" takes the CUDA device with the most free memory, else the CPU.
/// @throws Error (Device) where CUDA is asked for and this build or machine has none: never a silent fall-back;
///         (InvalidInput) for any other word
DeviceChoice chooseDevice(std::string_view spec);

/// @param spec "auto", "fp32", "bf16" or "fp16". "auto": fp32 on the CPU, bf16 on CUDA. The CPU computes in fp32 only.
/// @throws Error (InvalidInput, Unsupported)
at::ScalarType chooseDtype(std::string_view spec, const at::Device& device);

/// "fp32", "bf16" or "fp16"
std::string dtypeName(at::ScalarType dtype);

/// For people, e.g. "CPU (2 threads)" or "NVIDIA H100 80GB HBM3 (cuda:0)".
std::string describeDevice(const at::Device& device);

/// Call first of all in main(). Lets LibTorch and our loops use every core that this process may run on (Debian's
/// LibTorch starts with one thread on small machines; OMP_NUM_THREADS decides where it is set), and keeps freed memory
/// for the next tensor (mapping fresh pages cost a tenth of the time of a forward). Starts the program anew once, with
/// GOMP_SPINCOUNT set: OpenMP's threads wait by spinning for milliseconds otherwise, and on cores that other programs
/// use as well that made a compression eight times slower.
void prepareProcess(char** argv);

/// Bytes; of the host for the CPU.
struct DeviceMemory {
    std::int64_t total = 0;
    std::int64_t free = 0;
};
DeviceMemory deviceMemory(const at::Device& device);

/// Most bytes that tensors have held at once on a CUDA device since the program's start; 0 for the CPU.
std::int64_t peakTensorBytes(const at::Device& device);

/// Gives memory that tensors have freed back to the system; see prepareProcess().
void returnFreedMemory();

/// Makes a GPU the one that the calling thread uses where none is named, so that no other is touched.
void useDevice(const at::Device& device);

/// Waits for all work on the device; for timing only.
void synchronize(const at::Device& device);

/// Copies tensors to the host while the device goes on: what is asked for after the copies does not delay them.
class HostCopy {
public:
    explicit HostCopy(const at::Device& device);
    ~HostCopy();
    HostCopy(const HostCopy&) = delete;
    HostCopy& operator=(const HostCopy&) = delete;

    /// Starts a copy; its content is valid after wait(). An undefined tensor stays one.
    at::Tensor start(const at::Tensor& tensor);
    void mark(); ///< call after the last start()
    void wait();

private:
    struct Event;
    at::Device m_device;
    std::unique_ptr<Event> m_event;
};

/// A moment in the work of a device, which the host may wait for; on the CPU one of the clock's.
class DeviceMoment {
public:
    explicit DeviceMoment(const at::Device& device);
    ~DeviceMoment();
    DeviceMoment(const DeviceMoment&) = delete;
    DeviceMoment& operator=(const DeviceMoment&) = delete;

    void mark(); ///< what has been enqueued so far is before it
    void wait();
    /// Both must have been waited for.
    static double secondsBetween(const DeviceMoment& begin, const DeviceMoment& end);

private:
    struct Event;
    at::Device m_device;
    std::chrono::steady_clock::time_point m_time;
    std::unique_ptr<Event> m_event;
};

/// The BLAS this process computes with on the CPU, as that library names itself, e.g. "OpenBLAS 0.3.21 (SkylakeX)".
struct BlasInfo {
    std::string name;
    bool fast = false; ///< false for the reference BLAS, ten times slower
};
BlasInfo blasInfo();

/// Limits OpenBLAS to a number of threads for as long as it lives. The CPU kernels share the work out themselves: two
/// thread pools on the same cores wait for each other (DESIGN: 734 µs instead of 81 µs for a small product).
class BlasThreadScope {
public:
    explicit BlasThreadScope(int threads);
    ~BlasThreadScope();
    BlasThreadScope(const BlasThreadScope&) = delete;
    BlasThreadScope& operator=(const BlasThreadScope&) = delete;

private:
    int m_previous = 0;
};

} // namespace icae
