#include "tensor/compat.h"

#include <cmath>
#include <filesystem>
#include <new>
#include <string_view>

#if TORCH_VERSION_MAJOR >= 2
#define ICAE_TORCH2 1
#else
#define ICAE_TORCH2 0
#endif

namespace icae::compat {

namespace {

at::Tensor repeatHeads(const at::Tensor& x, int64_t groups)
{
    if (groups == 1)
        return x;
    const auto sizes = x.sizes();
    return x.unsqueeze(2)
        .expand({sizes[0], sizes[1], groups, sizes[2], sizes[3]})
        .reshape({sizes[0], sizes[1] * groups, sizes[2], sizes[3]});
}

/// The path that a call of the file system's failed on, shortened where it is the length that is at fault.
std::string pathOf(const std::filesystem::filesystem_error& error)
{
    constexpr std::size_t most = 200;
    const auto path = error.path1().string();
    return path.empty() ? "A path" : path.size() > most ? path.substr(0, most) + "…" : path;
}

int cudaHooksDeviceCount()
{
#if ICAE_TORCH2
    return static_cast<int>(at::detail::getCUDAHooks().deviceCount());
#else
    return at::detail::getCUDAHooks().getNumGPUs();
#endif
}

} // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask)
{
    const int64_t groups = q.size(1) / k.size(1);
    const bool causal = !mask.defined() && q.size(2) > 1;
#if ICAE_TORCH2
    const auto maskArgument = mask.defined() ? std::optional<at::Tensor>(mask) : std::nullopt;
    return at::scaled_dot_product_attention(q, repeatHeads(k, groups), repeatHeads(v, groups), maskArgument, 0.0,
                                            causal);
#else
    at::Tensor scores =
        at::matmul(q, repeatHeads(k, groups).transpose(-2, -1)) / std::sqrt(static_cast<double>(q.size(3)));
    if (mask.defined()) {
        scores = scores + mask;
    } else if (causal) {
        const auto future = at::ones({q.size(2), k.size(2)}, q.options().dtype(at::kBool)).triu(1);
        scores = scores.masked_fill(future, -INFINITY);
    }
    return at::matmul(at::softmax(scores, -1), repeatHeads(v, groups));
#endif
}

bool fusedAdamW([[maybe_unused]] at::Tensor& values, [[maybe_unused]] at::Tensor& gradients,
                [[maybe_unused]] at::Tensor& moments, [[maybe_unused]] at::Tensor& squares,
                [[maybe_unused]] const at::Tensor& update, [[maybe_unused]] const at::Tensor& learningRate,
                [[maybe_unused]] const AdamWSettings& settings, [[maybe_unused]] const at::Tensor& limit)
{
#if ICAE_TORCH2
    if (!values.is_cuda())
        return false;
    at::_fused_adamw_(values, gradients, moments, squares, {}, update, learningRate, settings.beta1, settings.beta2,
                      settings.decay, settings.epsilon, false, false, limit);
    return true;
#else
    return false;
#endif
}

void allowTf32(bool allow)
{
    at::globalContext().setAllowTF32CuBLAS(allow);
    at::globalContext().setAllowTF32CuDNN(allow);
}

std::string torchVersion()
{
    return std::string(TORCH_VERSION) + (at::hasCUDA() ? " (CUDA)" : " (CPU)");
}

int cudaDeviceCount()
{
    return at::hasCUDA() ? cudaHooksDeviceCount() : 0;
}

bool isOutOfMemory(const std::exception& exception)
{
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
        return true;
#if ICAE_TORCH2
    if (dynamic_cast<const c10::OutOfMemoryError*>(&exception) != nullptr)
        return true;
#endif
    const std::string_view what = exception.what();
    return what.find("can't allocate memory") != std::string_view::npos
        || what.find("not enough memory") != std::string_view::npos
        || what.find("out of memory") != std::string_view::npos;
}

bool isOutOfMemoryError(const std::exception& exception)
{
    const auto* error = dynamic_cast<const Error*>(&exception);
    return error != nullptr ? error->kind() == ErrorKind::OutOfMemory : isOutOfMemory(exception);
}

void rethrowOutOfMemory(const std::exception& exception, const std::string& action, const std::string& device)
{
    if (isOutOfMemory(exception))
        throw Error(ErrorKind::OutOfMemory, "Memory of " + device + " ran out while " + action + ".",
                    "Use fewer or shorter spans at once, close other programs, or use another device.",
                    exception.what());
}

Error asError(const std::exception& exception)
{
    if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
        return {ErrorKind::Io, pathOf(*file) + " cannot be used: " + file->code().message() + ".",
                "Correct the path, or what you may do there.", exception.what()};
    const bool memory = isOutOfMemory(exception);
    return {memory ? ErrorKind::OutOfMemory : ErrorKind::Internal,
            memory ? "Memory ran out." : "Something unexpected went wrong.",
            memory ? "Use shorter inputs or a smaller model, or close other programs."
                   : "Please report this with the details below.",
            exception.what()};
}

bool isDeviceFault(const std::exception& exception)
{
    return !isOutOfMemory(exception) && std::string_view(exception.what()).find("CUDA error") != std::string_view::npos;
}

} // namespace icae::compat
