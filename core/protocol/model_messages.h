#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

struct NoParams {
    static void describe(auto& /*value*/, auto&& /*field*/) { }
};

struct InitializeParams {
    std::int64_t protocolVersion = 0;
    std::string client; ///< name and version, for the log

    static void describe(auto& value, auto&& field)
    {
        field.required("protocol_version", value.protocolVersion);
        field("client", value.client);
    }
};

/// A device that a model can be loaded on.
struct DeviceInfo {
    std::string id; ///< "cpu", "cuda:0", …
    std::string name; ///< for people, e.g. "CPU (2 threads)"
    std::int64_t totalBytes = 0;
    std::int64_t freeBytes = 0;

    static void describe(auto& value, auto&& field)
    {
        field("id", value.id);
        field("name", value.name);
        field("total_bytes", value.totalBytes);
        field("free_bytes", value.freeBytes);
    }
};

struct InitializeResult {
    std::int64_t protocolVersion = 0;
    std::string engineVersion;
    std::vector<std::string> capabilities; ///< methods that this engine has
    std::vector<DeviceInfo> devices;
    std::string autoDevice; ///< id of the device that "auto" takes
    std::string autoReason; ///< why that one, a phrase
    std::string libtorch; ///< version
    std::string blas; ///< as it names itself
    bool fastBlas = true; ///< false for the reference BLAS, ten times slower

    static void describe(auto& value, auto&& field)
    {
        field("protocol_version", value.protocolVersion);
        field("engine_version", value.engineVersion);
        field("capabilities", value.capabilities);
        field("devices", value.devices);
        field("auto_device", value.autoDevice);
        field("auto_reason", value.autoReason);
        field("libtorch", value.libtorch);
        field("blas", value.blas);
        field("fast_blas", value.fastBlas);
    }
};

/// Bytes that loading takes, working memory for a short text included.
struct MemoryNeed {
    std::int64_t fp32 = 0;
    std::int64_t bf16 = 0;

    static void describe(auto& value, auto&& field)
    {
        field("fp32", value.fp32);
        field("bf16", value.bf16);
    }
};

/// A base LLM's folder. Where it cannot be used, `problem` says why and the facts may be missing.
struct BaseInfo {
    std::string folder;
    std::string name; ///< ORG/NAME where the folder lies in Hugging Face's cache
    std::string architecture;
    std::string additions; ///< what its layers have beside Llama's, e.g. "biases on q, k, v"
    std::int64_t parameters = 0;
    std::int64_t layers = 0;
    std::int64_t hiddenSize = 0;
    std::int64_t intermediateSize = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t vocabulary = 0;
    std::int64_t positions = 0;
    double ropeTheta = 0;
    std::string ropeScaling; ///< e.g. "llama3, factor 8"
    std::int64_t slidingWindow = 0; ///< tokens that attention reaches back; 0: all
    bool tiedEmbeddings = false;
    bool tokenizer = false; ///< there is one
    std::string tokenizerFile; ///< its name
    std::string beginsWith; ///< what stands before every text, e.g. "<s> (1)"; empty where nothing does
    std::vector<std::string> endsWith; ///< tokens that end a text, e.g. "</s> (2)"
    std::vector<std::string> remarks; ///< sentences on what its files say differently, or leave open
    std::int64_t diskBytes = 0; ///< of the weights
    std::string configSha256; ///< of the fields that change what is computed, "…:fields"
    std::string weightsSha256; ///< of the tensors, "…:tensors"; empty where it has not been computed yet
    MemoryNeed memoryBytes; ///< without an adapter
    std::string problem; ///< why it cannot be used, a sentence; empty where it can
    std::string remedy;

    static void describe(auto& value, auto&& field)
    {
        field("folder", value.folder);
        field("name", value.name);
        field("architecture", value.architecture);
        field("additions", value.additions);
        field("parameters", value.parameters);
        field("layers", value.layers);
        field("hidden_size", value.hiddenSize);
        field("intermediate_size", value.intermediateSize);
        field("heads", value.heads);
        field("kv_heads", value.kvHeads);
        field("head_dim", value.headDim);
        field("vocabulary", value.vocabulary);
        field("positions", value.positions);
        field("rope_theta", value.ropeTheta);
        field("rope_scaling", value.ropeScaling);
        field("sliding_window", value.slidingWindow);
        field("tied_embeddings", value.tiedEmbeddings);
        field("tokenizer", value.tokenizer);
        field("tokenizer_file", value.tokenizerFile);
        field("begins_with", value.beginsWith);
        field("ends_with", value.endsWith);
        field("remarks", value.remarks);
        field("disk_bytes", value.diskBytes);
        field("config_sha256", value.configSha256);
        field("weights_sha256", value.weightsSha256);
        field("memory_bytes", value.memoryBytes);
        field("problem", value.problem);
        field("remedy", value.remedy);
    }
};

struct LoraInfo {
    std::int64_t rank = 0;
    double alpha = 0;
    std::vector<std::string> targets; ///< linears, e.g. "q_proj"

    static void describe(auto& value, auto&& field)
    {
        field("r", value.rank);
        field("alpha", value.alpha);
        field("targets", value.targets);
    }
};

/// How an adapter goes with one base.
struct AdapterFit {
    std::string base; ///< the base's folder
    std::string doesNotFit; ///< why not, a phrase; empty where it fits
    MemoryNeed memoryBytes; ///< with this base

    static void describe(auto& value, auto&& field)
    {
        field("base", value.base);
        field("does_not_fit", value.doesNotFit);
        field("memory_bytes", value.memoryBytes);
    }
};

/// An adapter's folder or file. Where it cannot be used, `problem` says why and the facts may be missing.
struct AdapterInfo {
    std::string path; ///< the folder with icae.safetensors, or a published .safetensors file
    std::string file; ///< the weights
    std::int64_t parameters = 0;
    std::int64_t diskBytes = 0;
    std::int64_t slots = 0; ///< most slots a span
    std::vector<std::int64_t> elasticSlots; ///< slot counts it was trained for; empty: only `slots`
    std::int64_t spanTokens = 0; ///< longest span
    std::string positionLayout; ///< "sequential" or "spread"
    std::string aeReads; ///< "all" or "span"
    bool slotScale = false;
    bool contextBos = false;
    LoraInfo lora;
    std::vector<std::string> specialTokens; ///< of "AE", "LM", "FT"
    std::vector<std::string> trained; ///< objectives it was trained with: "ae", "lm", "ft"; empty: unknown
    std::string sha256; ///< empty where it has not been computed yet
    std::vector<std::string> inferred; ///< sentences on what no file said
    bool published = false; ///< an ICAE checkpoint without a configuration file
    bool baseNamed = false; ///< it names the hashes of its base, or holds its numbers
    std::vector<AdapterFit> fits; ///< one for each usable base of the list
    std::string problem; ///< why it cannot be used, a sentence; empty where it can
    std::string remedy;

    static void describe(auto& value, auto&& field)
    {
        field("path", value.path);
        field("file", value.file);
        field("parameters", value.parameters);
        field("disk_bytes", value.diskBytes);
        field("slots", value.slots);
        field("elastic_slots", value.elasticSlots);
        field("span_tokens", value.spanTokens);
        field("position_layout", value.positionLayout);
        field("ae_reads", value.aeReads);
        field("slot_scale", value.slotScale);
        field("context_bos", value.contextBos);
        field("lora", value.lora);
        field("special_tokens", value.specialTokens);
        field("trained", value.trained);
        field("sha256", value.sha256);
        field("inferred", value.inferred);
        field("published", value.published);
        field("base_named", value.baseNamed);
        field("fits", value.fits);
        field("problem", value.problem);
        field("remedy", value.remedy);
    }
};

struct ListModelsParams {
    std::vector<std::string> folders; ///< searched for bases and adapters, two levels deep
    bool hashes = false; ///< compute the hashes of large files that are not known yet

    static void describe(auto& value, auto&& field)
    {
        field("folders", value.folders);
        field("hashes", value.hashes);
    }
};

/// A folder that could not be searched.
struct FolderProblem {
    std::string folder;
    std::string problem; ///< a sentence
    std::string remedy;

    static void describe(auto& value, auto&& field)
    {
        field("folder", value.folder);
        field("problem", value.problem);
        field("remedy", value.remedy);
    }
};

struct ModelList {
    std::vector<BaseInfo> bases;
    std::vector<AdapterInfo> adapters;
    std::vector<FolderProblem> problems;

    static void describe(auto& value, auto&& field)
    {
        field("bases", value.bases);
        field("adapters", value.adapters);
        field("problems", value.problems);
    }
};

struct LoadModelParams {
    std::string base; ///< a base's folder, or a folder with base/; empty: found from the adapter
    std::string adapter; ///< folder, file or name; empty: the preferred one of the model's folder
    std::string device = "auto";
    std::string dtype = "auto"; ///< auto, fp32, bf16 or fp16
    std::string preferred = "reconstruct"; ///< adapter to take where none is named
    bool beside = false; ///< only for requests that name it: what was loaded last stays what others mean

    static void describe(auto& value, auto&& field)
    {
        field("base", value.base);
        field("adapter", value.adapter);
        field("device", value.device);
        field("dtype", value.dtype);
        field("preferred", value.preferred);
        field("beside", value.beside);
    }
};

/// A model on the engine's shelf. A base is held once, whatever adapters are attached to it; where memory is too short
/// for another model, the one that was used longest ago goes.
struct LoadedModel {
    std::string id; ///< for other requests: the same files, device and dtype have the same id, also after a restart
    std::string base; ///< folder
    std::string adapter; ///< folder or file; empty: the base alone
    std::string adapterSha256;
    std::string device; ///< id, e.g. "cpu"
    std::string deviceName; ///< for people
    std::string deviceReason; ///< why this device, a phrase
    std::string dtype;
    std::string requestedDevice; ///< as it was asked for, e.g. "auto"
    std::string requestedDtype;
    std::int64_t memoryBytes = 0; ///< what it takes, its base included
    std::int64_t slots = 0; ///< most slots a span; 0 without an adapter
    std::vector<std::int64_t> slotChoices; ///< slot counts it was trained for, ascending
    std::int64_t spanTokens = 0; ///< longest span it was trained for
    std::int64_t positions = 0; ///< longest sequence of the base
    std::string positionLayout;
    std::string aeReads;
    std::vector<std::string> specialTokens; ///< what it can do: "AE", "LM", "FT"
    std::vector<std::string> trained; ///< as in AdapterInfo
    std::vector<std::string> remarks; ///< sentences on what was inferred or could not be checked

    static void describe(auto& value, auto&& field)
    {
        field("id", value.id);
        field("base", value.base);
        field("adapter", value.adapter);
        field("adapter_sha256", value.adapterSha256);
        field("device", value.device);
        field("device_name", value.deviceName);
        field("device_reason", value.deviceReason);
        field("dtype", value.dtype);
        field("requested_device", value.requestedDevice);
        field("requested_dtype", value.requestedDtype);
        field("memory_bytes", value.memoryBytes);
        field("slots", value.slots);
        field("slot_choices", value.slotChoices);
        field("span_tokens", value.spanTokens);
        field("positions", value.positions);
        field("position_layout", value.positionLayout);
        field("ae_reads", value.aeReads);
        field("special_tokens", value.specialTokens);
        field("trained", value.trained);
        field("remarks", value.remarks);
    }
};

struct UnloadModelParams {
    std::string model; ///< id; empty: all

    static void describe(auto& value, auto&& field) { field("model", value.model); }
};

struct EngineStatus {
    std::vector<DeviceInfo> devices;
    std::optional<LoadedModel> model; ///< the one that was loaded last: what requests that name none mean
    std::vector<LoadedModel> models; ///< all on the shelf, the one used last first
    std::int64_t residentBytes = 0; ///< host memory of the engine's process
    std::int64_t waiting = 0; ///< model requests that wait for the running one

    static void describe(auto& value, auto&& field)
    {
        field("devices", value.devices);
        field("model", value.model);
        field("models", value.models);
        field("resident_bytes", value.residentBytes);
        field("waiting", value.waiting);
    }
};

} // namespace icae
