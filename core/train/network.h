#pragma once

#include "icae/adapter.h"
#include "llm/weights.h"
#include "train/batch.h"
#include "train/ops.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Something that is trained: a float32 master with its gradient.
struct Parameter {
    std::string name;
    at::Tensor value; ///< float32, requires_grad
    bool decays = false; ///< weight decay applies: matrices
    std::vector<std::int64_t> stacked; ///< rows of each matrix in it, where it is of a base's layer
};

/// A batch as tensors on the device; the same tensors are filled again for each batch of the shape.
struct DeviceBatch {
    Batch::Shape shape{};
    int64_t slotsOfSequence = 0;
    at::Tensor spanIds; ///< [R, spanLength] int64
    at::Tensor spanPositions; ///< [R·spanLength] float32
    at::Tensor slotRows; ///< [R·k] int64
    at::Tensor dropoutKeys; ///< [R] int64
    at::Tensor sequenceKeys; ///< [B] int64; [0] without dropout in the decoder
    at::Tensor leftIds; ///< [B, leftLength] int64
    at::Tensor textIds; ///< [B, T] int64
    at::Tensor positions; ///< [B·(left + slots + T)] float32
    at::Tensor targets; ///< [B·T] int64
    at::Tensor factor; ///< [1] float32: 1 / targets with loss

    static DeviceBatch allocate(const Batch& batch, const at::Device& device);
    /// Copies a batch of the same shape, by way of pinned memory where the device is a GPU.
    void fill(const Batch& batch);
};

/// An ICAE whose loss can be differentiated. What is frozen exists in the computing dtype only; what is trained has
/// float32 masters, which each forward casts. LoRA is merged into the encoder's weights in each forward (W + α/r·B·A),
/// as it is for inference; with dropout it is computed beside them.
class TrainNetwork {
public:
    struct Options {
        at::Device device = at::kCPU;
        at::ScalarType dtype = at::kFloat; ///< of the computation
        bool trainsBase = false;
        bool checkpointActivations = false;
        double loraDropout = 0;
        double questionDropout = 0; ///< where a batch has keys for it
        bool plainKernels = false;
    };

    /// @param base float32 weights where they are trained, else of any dtype
    TrainNetwork(LlmConfig config, LlmWeights base, const Options& options);

    /// Adds a fresh adapter (LoRA as PEFT initialises it, embeddings as wide as the base's), drawn from the seed.
    void addAdapter(const AdapterConfig& config, std::uint64_t seed);
    /// Takes over an adapter's numbers. @throws Error (Mismatch) where shapes differ
    void loadAdapter(const AdapterFile& file);

    /// Mean loss of a batch, to be differentiated. [] float32
    at::Tensor loss(const DeviceBatch& batch) const;
    /// Slots [R·k, d] of a batch's spans, before anything reads them.
    at::Tensor slots(const DeviceBatch& batch) const;

    const std::vector<Parameter>& parameters() const { return m_parameters; }
    const LlmConfig& config() const { return m_config; }
    bool hasAdapter() const { return m_hasAdapter; }
    const AdapterConfig& adapterConfig() const { return m_adapterConfig; }
    const Options& options() const { return m_options; }

    /// The weights as they are used, without gradients.
    LlmWeights decoderWeights() const;
    /// The adapter as inference uses it; shares what it can with `decoder`.
    Adapter adapter(const LlmWeights& decoder) const;
    /// Tensors by their published names, float32 on the CPU; empty without an adapter.
    std::vector<std::pair<std::string, at::Tensor>> adapterTensors() const;
    /// Tensors of the base by their HF names on the CPU, in bfloat16.
    std::vector<std::pair<std::string, at::Tensor>> baseTensors() const;

private:
    struct Layer {
        LayerWeights weights;
        std::array<std::vector<LoraPair>, 4> lora; ///< of qkv, o, gateUp and down; empty where merged or absent
    };
    struct Weights {
        at::Tensor table; ///< embeddings, then the adapter's
        at::Tensor head;
        at::Tensor finalNorm;
        std::vector<Layer> decoder;
        std::vector<Layer> encoder;
    };
    using Residual = std::pair<at::Tensor, at::Tensor>; ///< x and what is still to be added to it

    Weights cast(bool encoder) const;
    void addParameter(const std::string& name, at::Tensor& place, std::vector<std::int64_t> stacked = {});
    at::Tensor encode(const Weights& weights, const DeviceBatch& batch) const;
    /// What the rows of a forward have in common in all layers.
    struct Rows {
        Rotary rotary;
        int64_t batch = 0;
        at::Tensor dropoutKeys; ///< [N] int64; undefined without dropout
        at::Tensor kept; ///< [batch, 1 + 2·layers, d]: what embeddings and branches are multiplied with; or undefined
    };
    Residual run(const std::vector<Layer>& layers, const at::Tensor& embeddings, const Rows& rows) const;
    Residual runLayer(const Layer& layer, int64_t number, const at::Tensor& x, const at::Tensor& added,
                      const Rows& rows) const;
    at::Tensor keptOf(const DeviceBatch& batch) const;
    at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       const std::vector<LoraPair>& lora, const Rows& rows) const;
    Rotary rotaryAt(const at::Tensor& positions) const;
    double loraScale() const;

    LlmConfig m_config;
    Options m_options;
    LlmWeights m_base; ///< masters where trained
    AdapterConfig m_adapterConfig;
    bool m_hasAdapter = false;
    at::Tensor m_embeddings; ///< [slots + special tokens, d] float32
    at::Tensor m_slotScale; ///< [d] float32; undefined without
    std::vector<std::array<std::vector<LoraPair>, 4>> m_lora; ///< a layer
    std::vector<Parameter> m_parameters;
    std::shared_ptr<const TrainKernels> m_kernels;
};

/// Weights of a base from scratch: normal, deviation 0.02, the projections back into the residual stream smaller by
/// √(2·layers) (Radford et al. 2019). The same numbers on every device.
LlmWeights freshWeights(const LlmConfig& config, const at::Device& device, std::uint64_t seed);

} // namespace icae
