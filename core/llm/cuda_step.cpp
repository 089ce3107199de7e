#include "llm/cuda_step.h"

#include "tensor/cuda_kernels.h"

#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>

namespace icae {

CudaStep::CudaStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
    : m_decoder(decoder)
    , m_weights(weights)
    , m_cache(cache)
    , m_stream(c10::cuda::getStreamFromPool(false, weights.device().index()))
{
    const auto options = at::TensorOptions().device(weights.device());
    const auto& c = decoder.config();
    m_ids = at::zeros({cache.batch}, options.dtype(at::kLong));
    m_positions = at::zeros({cache.batch}, options.dtype(at::kFloat));
    m_past = at::full({1}, cache.length, options.dtype(at::kInt));
    if (cache.starts.defined())
        m_starts = cache.starts.to(weights.device());
    const cuda::RopeShape shape{cache.batch, 1, c.heads, c.kvHeads, c.headDim, cache.capacity};
    m_workspace = at::empty({cuda::attentionWorkspace(shape)}, options.dtype(at::kFloat));
}

bool CudaStep::fits(const LlmConfig& config, const KvCache& cache)
{
    return config.headDim <= 256 && cache.batch * config.kvHeads < 65536;
}

bool CudaStep::isMatrixVector(const at::Tensor& weight) const
{
    return m_cache.batch <= cuda::mostColumns && weight.size(1) % 8 == 0;
}

at::Tensor CudaStep::product(const at::Tensor& x, const at::Tensor& weight) const
{
    if (!isMatrixVector(weight))
        return at::linear(x, weight);
    auto y = at::empty({x.size(0), weight.size(0)}, x.options());
    cuda::matrixVector(cudaType(x.scalar_type()), weight.data_ptr(), x.data_ptr(), y.data_ptr(), weight.size(0),
                       weight.size(1), x.size(0), false, currentStream(x.device()));
    return y;
}

void CudaStep::addProduct(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const
{
    if (isMatrixVector(weight))
        cuda::matrixVector(cudaType(x.scalar_type()), weight.data_ptr(), x.data_ptr(), y.data_ptr(), weight.size(0),
                           weight.size(1), x.size(0), true, currentStream(x.device()));
    else
        y.addmm_(x, weight.t());
}

at::Tensor CudaStep::gatedProduct(const at::Tensor& x, const at::Tensor& gateUp) const
{
    if (!isMatrixVector(gateUp))
        return m_decoder.kernels().swiglu(at::linear(x, gateUp));
    const int64_t f = gateUp.size(0) / 2;
    auto y = at::empty({x.size(0), f}, x.options());
    cuda::matrixVectorSwiglu(cudaType(x.scalar_type()), gateUp.data_ptr(), x.data_ptr(), y.data_ptr(), f,
                             gateUp.size(1), x.size(0), currentStream(x.device()));
    return y;
}

/// The kernels of one step, on the current stream.
void CudaStep::run()
{
    const auto& c = m_decoder.config();
    const auto& kernels = m_decoder.kernels();
    const auto type = cudaType(m_weights.dtype());
    const auto stream = currentStream(m_weights.device());
    const cuda::RopeShape shape{m_cache.batch, 1, c.heads, c.kvHeads, c.headDim, m_cache.capacity};
    auto x = Decoder::embed(m_weights, m_ids);
    auto q = at::empty({m_cache.batch, c.heads * c.headDim}, x.options());
    auto attended = at::empty_like(q);
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const auto& layer = m_weights.layers[i];
        const auto qkv = product(kernels.rmsNorm(x, layer.inputNorm, c.rmsEps), layer.qkv);
        cuda::ropeSplit(type, qkv.data_ptr(), m_positions.data_ptr<float>(),
                        m_weights.inverseFrequencies.data_ptr<float>(), cudaInputs(layer.headInputs(c)), q.data_ptr(),
                        m_cache.keys[i].data_ptr(), m_cache.values[i].data_ptr(), shape, m_past.data_ptr<int32_t>(),
                        stream);
        cuda::decodeAttention(type, q.data_ptr(), m_cache.keys[i].data_ptr(), m_cache.values[i].data_ptr(),
                              attended.data_ptr(), m_workspace.data_ptr<float>(), shape, m_past.data_ptr<int32_t>(),
                              m_starts.defined() ? m_starts.data_ptr<int64_t>() : nullptr, stream);
        addProduct(x, attended, layer.o);
        if (layer.oBias.defined())
            x.add_(layer.oBias);
        addProduct(x, gatedProduct(kernels.rmsNorm(x, layer.postNorm, c.rmsEps), layer.gateUp), layer.down);
    }
    m_logits = product(kernels.rmsNorm(x, m_weights.finalNorm, c.rmsEps), m_weights.head);
    m_past.add_(1);
}

/// A first run outside of the graph lets the libraries set themselves up; what it wrote to the cache is overwritten.
void CudaStep::prepare()
{
    at::cuda::CUDAEvent ready;
    ready.record(c10::cuda::getCurrentCUDAStream(m_weights.device().index()));
    const c10::cuda::CUDAStreamGuard guard(m_stream);
    ready.block(m_stream);
    run();
    m_past.fill_(m_cache.length);
    m_stream.synchronize();
    m_graph.capture_begin();
    run();
    m_graph.capture_end();
    m_past.fill_(m_cache.length);
    m_stream.synchronize();
}

at::Tensor CudaStep::step(const at::Tensor& ids, const at::Tensor& positions)
{
    const c10::cuda::CUDAGuard guard(m_weights.device());
    m_ids.copy_(ids);
    m_positions.copy_(positions);
    m_graph.replay();
    m_cache.length += 1;
    return m_logits;
}

} // namespace icae
