#include "tensor/captured.h"

#if defined(ICAE_WITH_CUDA) && TORCH_VERSION_MAJOR >= 2
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#endif

namespace icae {

#if defined(ICAE_WITH_CUDA) && TORCH_VERSION_MAJOR >= 2

namespace {

class CudaCapturer final : public Capturer {
public:
    explicit CudaCapturer(const at::Device& device)
        : m_guard(c10::cuda::getStreamFromPool(true, device.index()))
        , m_pool(at::cuda::graph_pool_handle())
    {
    }

    std::unique_ptr<Work> capture(const std::function<void()>& work) override
    {
        auto result = std::make_unique<CudaWork>();
        c10::cuda::getCurrentCUDAStream().synchronize();
        // A graph's memory is its own: what the runs before left in the cache would be needed twice.
        c10::cuda::CUDACachingAllocator::emptyCache();
        // Relaxed: other threads may go on preparing batches meanwhile.
        result->graph.capture_begin(m_pool, cudaStreamCaptureModeRelaxed);
        try {
            work();
        } catch (...) {
            abandon(result->graph);
            throw;
        }
        result->graph.capture_end();
        return result;
    }

    void release() override
    {
        m_pool = at::cuda::graph_pool_handle();
        c10::cuda::CUDACachingAllocator::emptyCache();
    }

private:
    static void abandon(at::cuda::CUDAGraph& graph)
    {
        try {
            graph.capture_end();
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): what was thrown first is the reason
        }
    }

    struct CudaWork final : Work {
        void replay() override { graph.replay(); }
        at::cuda::CUDAGraph graph;
    };

    c10::cuda::CUDAStreamGuard m_guard;
    at::cuda::MempoolId_t m_pool;
};

} // namespace

std::unique_ptr<Capturer> Capturer::make(const at::Device& device)
{
    return device.is_cuda() ? std::make_unique<CudaCapturer>(device) : nullptr;
}

#else

std::unique_ptr<Capturer> Capturer::make(const at::Device&)
{
    return nullptr;
}

#endif

} // namespace icae
