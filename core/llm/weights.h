#pragma once

#include "llm/config.h"
#include "protocol/progress.h"
#include "tensor/kernels.h"
#include "tensor/safetensors.h"
#include "tensor/torch.h"

#include <stop_token>
#include <vector>

namespace icae {

/// One layer's weights; projections that share their input are fused by rows.
struct LayerWeights {
    at::Tensor inputNorm; ///< [d]
    at::Tensor qkv; ///< [(heads + 2·kvHeads)·headDim, d]: q, then k, then v
    at::Tensor qkvBias; ///< [(heads + 2·kvHeads)·headDim]; undefined without, as all of these:
    at::Tensor queryNorm; ///< [headDim]
    at::Tensor keyNorm; ///< [headDim]
    at::Tensor oBias; ///< [d]
    at::Tensor o; ///< [d, heads·headDim]
    at::Tensor postNorm; ///< [d]
    at::Tensor gateUp; ///< [2·f, d]: gate, then up
    at::Tensor down; ///< [d, f]

    HeadInputs headInputs(const LlmConfig& config) const { return {qkvBias, queryNorm, keyNorm, config.rmsEps}; }
};

/// All weights of a model, on one device in one dtype.
struct LlmWeights {
    at::Tensor embedding; ///< [vocabulary, d]
    std::vector<LayerWeights> layers;
    at::Tensor finalNorm; ///< [d]
    at::Tensor head; ///< [vocabulary, d]; the embedding itself where tied
    at::Tensor inverseFrequencies; ///< [headDim / 2] float32, of RoPE

    at::Device device() const { return embedding.device(); }
    at::ScalarType dtype() const { return embedding.scalar_type(); }
};

/// Where a linear's rows lie in the fused weights of a layer.
at::Tensor linearRows(const LlmConfig& config, const LayerWeights& layer, Linear linear);

/// The place of a tensor of expectedWeights() in the fused weights.
at::Tensor placeOf(const LlmConfig& config, const LlmWeights& weights, const std::string& name);

/// theta^(-2i/headDim), scaled as the configuration says; computed in float32, as HF does, so that long positions agree
/// to the last digits. [headDim / 2] float32 on the CPU
at::Tensor inverseFrequencies(const RopeConfig& rope, std::int64_t headDim);

/// Checks that a file holds exactly the weights of the configuration.
/// @throws Error (Mismatch) listing missing, extra and misshaped tensors by name
void checkWeights(const LlmConfig& config, const TensorStore& store);

/// What of the weights is not used, a sentence; empty where all is. Reads a tied model's embedding and head, where it
/// has one.
std::string headRemark(const LlmConfig& config, const TensorStore& store);

/// Loads and fuses the weights.
/// @throws Error as checkWeights; (Cancelled); (OutOfMemory)
LlmWeights loadWeights(const LlmConfig& config, const TensorStore& store, const at::Device& device,
                       at::ScalarType dtype, const ProgressCallback& progress, const std::stop_token& stop);

/// Random weights of the right shapes (normal, deviation 0.02), for benchmarks of models that are not at hand.
LlmWeights randomWeights(const LlmConfig& config, const at::Device& device, at::ScalarType dtype);

} // namespace icae
