#pragma once

#include "icae/adapter.h"
#include "icae/base_identity.h"
#include "llm/decoder.h"
#include "protocol/progress.h"
#include "tensor/device.h"
#include "text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// Where a base and an adapter lie.
struct ModelPaths {
    std::filesystem::path base; ///< folder with config.json, weights and tokenizer
    std::filesystem::path adapter; ///< folder or file; empty: the base alone
};

/// Finds base and adapter from what a user names.
/// @param model a base folder, a folder that holds `base/` and adapters beside it, or an adapter beside its base;
///        empty: found from the adapter (its own folder, `../base`, or the only base beside it that fits)
/// @param adapter a folder, a file, or the name of an adapter in the model's folder; empty: `preferred` or the only one
/// @throws Error (NotFound, Mismatch) naming what was looked for and where
ModelPaths findModel(const std::filesystem::path& model, const std::filesystem::path& adapter,
                     const std::string& preferred);

/// Adapters in a folder and beside a base, sorted.
std::vector<std::filesystem::path> adaptersIn(const std::filesystem::path& folder);

/// Reads config.json of a base folder.
LlmConfig readLlmConfig(const std::filesystem::path& base);

/// Bytes that weights, merged encoder and a short text's working memory take.
std::int64_t memoryNeeded(const LlmConfig& config, const AdapterConfig* adapter, at::ScalarType dtype);

/// Settings of an adapter that the caller knows better than its files.
struct AdapterOverrides {
    std::optional<double> alpha;
    std::optional<std::int64_t> spanTokens;
};

/// A base with one adapter, loaded and ready.
class Model {
public:
    struct Options {
        std::string device = "auto"; ///< as chooseDevice()
        std::string dtype = "auto"; ///< as chooseDtype()
        bool plainKernels = false; ///< plain ATen operations instead of fused ones
        AdapterOverrides overrides;
        /// Models whose base is not loaded again where it is the same by its hashes, on the same device, in the same
        /// dtype.
        std::vector<std::shared_ptr<const Model>> loaded;
    };

    /// @throws Error: everything that can be wrong with a base or an adapter; (OutOfMemory) before loading where it
    ///         cannot fit
    static std::shared_ptr<const Model> load(const ModelPaths& paths, const Options& options,
                                             const ProgressCallback& progress, const std::stop_token& stop);

    /// A model of random weights, for benchmarks.
    static std::shared_ptr<const Model> random(const LlmConfig& config, const AdapterConfig& adapter,
                                               const Options& options);

    /// A model of weights that are at hand, such as one in training.
    struct Parts {
        LlmConfig config;
        LlmWeights weights;
        std::optional<Adapter> adapter;
        std::shared_ptr<const Tokenizer> tokenizer;
    };
    static std::shared_ptr<const Model> of(Parts parts);

    const LlmConfig& config() const { return m_decoder.config(); }
    const Decoder& decoder() const { return m_decoder; }
    const LlmWeights& weights() const { return m_weights; }
    const DeviceChoice& device() const { return m_device; }
    const ModelPaths& paths() const { return m_paths; }
    bool hasAdapter() const { return m_adapter != nullptr; }
    /// @throws Error (InvalidInput) where only a base is loaded
    const Adapter& adapter() const;
    /// @throws Error (NotFound) where the base has no tokenizer
    const std::shared_ptr<const Tokenizer>& tokenizer() const;
    /// What could not be checked or had to be inferred, as sentences.
    const std::vector<std::string>& remarks() const { return m_remarks; }

    const BaseIdentity& base() const { return m_base; }
    const BaseHashes& baseHashes() const { return m_base.hashes(); }
    const std::string& adapterHash() const { return m_adapterHash; }

    /// Ids of a context as this adapter was trained on it: with BOS where it asks for one.
    std::vector<Token> encodeContext(std::string_view text) const;
    /// The same for a text's tokens.
    std::vector<Token> asContext(std::vector<Token> tokens) const;

    /// Whether both compute with one base in memory.
    bool sharesBaseWith(const Model& other) const;

private:
    Model(Decoder decoder, DeviceChoice device);

    Decoder m_decoder;
    DeviceChoice m_device;
    LlmWeights m_weights;
    std::unique_ptr<const Adapter> m_adapter;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    ModelPaths m_paths;
    BaseIdentity m_base;
    std::string m_adapterHash;
    std::vector<std::string> m_remarks;
};

} // namespace icae
