#pragma once

#include "llm/step.h"
#include "tensor/cuda/cuda_math.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>
#include <map>

namespace icae {

/// Reads a few tokens at once on a GPU: the kernels of a forward are captured in a graph and replayed, since launching
/// each from the host would take longer than running it. There is one graph for one token of every sequence, and one
/// for each of a few numbers of rows; where they belong lies on the device.
class CudaStep final : public StepEngine {
public:
    CudaStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);
    ~CudaStep() override;
    CudaStep(const CudaStep&) = delete;
    CudaStep& operator=(const CudaStep&) = delete;
    void prepare() override;
    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override;
    at::Tensor read(const TokenRows& rows) override;
    ForwardCost cost() const override { return forwardCost(m_decoder.config(), m_weights); }
    int64_t wholeRows(int64_t rows) const override;

    /// False where the kernels do not cover the model's shape.
    static bool fits(const LlmConfig& config, const KvCache& cache);

private:
    struct Forward;
    at::Tensor run(const Forward& forward) const;
    void capture(Forward& forward);
    Forward& blockOf(int64_t rows);
    void uploadPlaces();
    void upload(Forward& forward, const TokenRows& rows);
    at::Tensor product(const at::Tensor& x, const at::Tensor& weight) const;
    void addProduct(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const;
    at::Tensor gatedProduct(const at::Tensor& x, const at::Tensor& gateUp) const;

    const Decoder& m_decoder;
    const LlmWeights& m_weights;
    KvCache& m_cache;
    cuda::CacheShape m_shape;
    at::Tensor m_starts; ///< [B] int64, undefined where all are 0
    c10::cuda::CUDAStream m_stream; ///< of the captures
    std::unique_ptr<Forward> m_single;
    std::vector<int64_t> m_placesOnDevice; ///< what m_single's places are
    std::map<int64_t, std::unique_ptr<Forward>> m_blocks; ///< by their rows
};

} // namespace icae
