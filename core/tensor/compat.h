#pragma once

// The differences between LibTorch versions, all of them.

#include "protocol/error.h"
#include "tensor/torch.h"

#include <string>

namespace icae::compat {

/// Scaled dot-product attention. q [B, H, T, hd], k and v [B, KV, S, hd] with H a multiple of KV.
/// @param mask additive [B or 1, 1, T, S] in q's dtype; undefined: causal when T = S, none when T = 1
/// @return [B, H, T, hd]
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask);

/// AdamW's constants.
struct AdamWSettings {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double decay = 0;
    double epsilon = 1e-8;
};

/// AdamW in one pass over memory, where this LibTorch and device have it. All tensors flat float32 on the device.
/// @param update, learningRate [] on the device; @param limit [] the gradients are divided by it first
/// @return false where there is none and nothing was done
bool fusedAdamW(at::Tensor& values, at::Tensor& gradients, at::Tensor& moments, at::Tensor& squares,
                const at::Tensor& update, const at::Tensor& learningRate, const AdamWSettings& settings,
                const at::Tensor& limit);

/// Turns reduced-precision float32 matrix products (TF32) on or off; they cost 4e-4 relative on slots.
void allowTf32(bool allow);

/// Version of the LibTorch this program was compiled with, e.g. "2.11.0 (CUDA)".
std::string torchVersion();

/// Number of usable CUDA devices; 0 without a CUDA build.
int cudaDeviceCount();

/// True where LibTorch's or the system's exception says that host or device memory ran out.
bool isOutOfMemory(const std::exception& exception);

/// The same where it may have become an Error by now.
bool isOutOfMemoryError(const std::exception& exception);

/// Throws Error (OutOfMemory) in place of an exception that says so; does nothing for any other.
/// @param action what was being done, e.g. "loading the model"
void rethrowOutOfMemory(const std::exception& exception, const std::string& action, const std::string& device);

/// What to tell the user about an exception that is no Error: memory ran out, or a defect of this program.
Error asError(const std::exception& exception);

/// True where a CUDA device failed in a way that leaves this process without it.
bool isDeviceFault(const std::exception& exception);

} // namespace icae::compat
