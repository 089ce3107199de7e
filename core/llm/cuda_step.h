#pragma once

#include "llm/step.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>

namespace icae {

/// One-token steps on a GPU: all kernels of a step are captured once in a graph and replayed, since launching each
/// from the host would take longer than running it. The number of cached tokens lives on the device.
class CudaStep final : public StepEngine {
public:
    CudaStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);
    void prepare() override;
    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override;

    /// False where the kernels do not cover the model's shape.
    static bool fits(const LlmConfig& config, const KvCache& cache);

private:
    void run();
    at::Tensor product(const at::Tensor& x, const at::Tensor& weight) const;
    void addProduct(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const;
    at::Tensor gatedProduct(const at::Tensor& x, const at::Tensor& gateUp) const;
    bool isMatrixVector(const at::Tensor& weight) const;

    const Decoder& m_decoder;
    const LlmWeights& m_weights;
    KvCache& m_cache;
    at::Tensor m_ids; ///< [B] int64: inputs of the graph
    at::Tensor m_positions; ///< [B]
    at::Tensor m_past; ///< [1] int32: tokens in the cache
    at::Tensor m_starts; ///< [B] int64, undefined where all are 0
    at::Tensor m_workspace; ///< of the attention
    at::Tensor m_logits; ///< [B, vocabulary]
    c10::cuda::CUDAStream m_stream;
    at::cuda::CUDAGraph m_graph;
};

} // namespace icae
