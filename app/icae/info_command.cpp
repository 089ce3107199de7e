#include "command.h"

#include "icae/adapter.h"
#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/sha256.h"

#include <iostream>

namespace icae {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string folder;
    bool json = false;
};

nlohmann::json describeBase(const fs::path& base, const LlmConfig& config)
{
    const auto hashes = hashBase(base);
    return {
        {"folder", base.string()},
        {"architecture", config.architecture},
        {"parameters", config.parameters()},
        {"layers", config.layers},
        {"hidden_size", config.hiddenSize},
        {"intermediate_size", config.intermediateSize},
        {"heads", config.heads},
        {"kv_heads", config.kvHeads},
        {"head_dim", config.headDim},
        {"vocabulary", config.vocabSize},
        {"positions", config.maxPositions},
        {"rope_theta", config.ropeTheta},
        {"tied_embeddings", config.tiedEmbeddings},
        {"config_sha256", hashes.config},
        {"weights_sha256", hashes.weights},
        {"memory_bytes",
         {{"fp32", memoryNeeded(config, nullptr, at::kFloat)}, {"bf16", memoryNeeded(config, nullptr, at::kBFloat16)}}},
    };
}

nlohmann::json describeAdapter(const fs::path& path, const std::optional<LlmConfig>& base)
{
    const auto file = AdapterFile::open(path);
    const auto& c = file.config;
    nlohmann::json json{
        {"file", file.weights.string()},
        {"parameters", file.parameters()},
        {"slots", c.slots},
        {"elastic_slots", c.elasticSlots},
        {"span_tokens", c.spanTokens},
        {"position_layout", layoutName(c.layout)},
        {"ae_reads", c.aeReads == AeReads::All ? "all" : "span"},
        {"slot_scale", c.slotScale},
        {"context_bos", c.contextBos},
        {"lora", {{"r", c.rank}, {"alpha", c.alpha}, {"targets", c.targets}}},
        {"special_tokens", c.specialTokens},
        {"sha256", sha256OfFile(file.weights)},
        {"inferred", c.inferred},
        {"base_named", !c.baseWeightsHash.empty()},
    };
    if (base) {
        json["does_not_fit"] = whyAdapterDoesNotFit(file, *base);
        json["memory_bytes"] = {{"fp32", memoryNeeded(*base, &c, at::kFloat)},
                                {"bf16", memoryNeeded(*base, &c, at::kBFloat16)}};
    }
    return json;
}

std::string megabytes(const nlohmann::json& bytes)
{
    return grouped(bytes.get<std::int64_t>() >> 20U) + " MiB";
}

void printBase(const nlohmann::json& b)
{
    std::cout << "base  " << b["folder"].get<std::string>() << "\n"
              << "  architecture   " << b["architecture"].get<std::string>() << ", "
              << fixed(b["parameters"].get<double>() / 1e6, 1) << " M parameters\n"
              << "  shape          " << b["layers"] << " layers, d " << b["hidden_size"] << ", " << b["heads"]
              << " heads (" << b["kv_heads"] << " for keys and values) of " << b["head_dim"] << ", feed-forward "
              << b["intermediate_size"] << "\n"
              << "  vocabulary     " << grouped(b["vocabulary"].get<std::int64_t>())
              << (b["tied_embeddings"].get<bool>() ? ", embeddings tied" : ", embeddings not tied") << "\n"
              << "  positions      " << grouped(b["positions"].get<std::int64_t>()) << ", RoPE base "
              << fixed(b["rope_theta"].get<double>(), 0) << "\n"
              << "  memory         " << megabytes(b["memory_bytes"]["fp32"]) << " in fp32, "
              << megabytes(b["memory_bytes"]["bf16"]) << " in bf16\n"
              << "  weights        sha256 " << b["weights_sha256"].get<std::string>() << "\n";
}

void printAdapter(const nlohmann::json& a)
{
    std::string targets;
    for (const auto& target : a["lora"]["targets"])
        targets += (targets.empty() ? "" : ", ") + target.get<std::string>();
    std::string elastic;
    for (const auto& count : a["elastic_slots"])
        elastic += (elastic.empty() ? "" : ", ") + count.dump();
    std::cout << "adapter  " << a["file"].get<std::string>() << "\n"
              << "  slots          " << a["slots"] << (elastic.empty() ? "" : " (elastic: " + elastic + ")")
              << " for a span of at most " << a["span_tokens"] << " tokens\n"
              << "  layout         " << a["position_layout"].get<std::string>()
              << (a["ae_reads"] == "all" ? ", reads all spans at once" : ", reads span by span")
              << (a["slot_scale"].get<bool>() ? ", trained slot scale" : "") << "\n"
              << "  LoRA           r " << a["lora"]["r"] << ", alpha " << a["lora"]["alpha"] << " on " << targets
              << ", " << fixed(a["parameters"].get<double>() / 1e6, 2) << " M parameters\n"
              << "  weights        sha256 " << a["sha256"].get<std::string>() << "\n";
    if (a.contains("memory_bytes"))
        std::cout << "  memory         " << megabytes(a["memory_bytes"]["fp32"]) << " in fp32 with its base\n";
    if (a.contains("does_not_fit") && !a["does_not_fit"].get<std::string>().empty())
        std::cout << "  does not fit   " << a["does_not_fit"].get<std::string>() << "\n";
    if (!a["base_named"].get<bool>())
        std::cout << "  note           The adapter does not name its base: only shapes can be compared.\n";
    for (const auto& sentence : a["inferred"])
        std::cout << "  inferred       " << sentence.get<std::string>() << "\n";
}

int showInfo(const Arguments& arguments, CommandContext& /*context*/)
{
    const fs::path folder = arguments.folder;
    nlohmann::json json{{"adapters", nlohmann::json::array()}};
    std::optional<LlmConfig> config;
    std::error_code ignored;
    std::vector<fs::path> adapters = adaptersIn(folder);
    fs::path base;
    if (fs::exists(folder / "config.json", ignored))
        base = folder;
    else if (fs::exists(folder / "base" / "config.json", ignored))
        base = folder / "base";
    else if (!adapters.empty() || fs::is_regular_file(folder, ignored)) {
        if (adapters.empty())
            adapters.push_back(folder);
        try {
            base = findModel({}, adapters.front(), {}).base;
        } catch (const Error& error) { // an adapter can be described without its base
            std::cerr << error.message() << "\n";
        }
    } else {
        throw Error(ErrorKind::NotFound, "There is neither a base nor an adapter in " + folder.string() + ".",
                    "Name a folder with config.json, base/ or icae.safetensors.");
    }
    if (!base.empty()) {
        config = readLlmConfig(base);
        checkWeights(*config, *TensorStore::open(base));
        json["base"] = describeBase(base, *config);
    }
    for (const auto& adapter : adapters)
        json["adapters"].push_back(describeAdapter(adapter, config));
    const auto blas = blasInfo();
    json["runtime"] = {{"libtorch", compat::torchVersion()},
                       {"blas", blas.name},
                       {"cuda_devices", compat::cudaDeviceCount()},
                       {"device", describeDevice(chooseDevice("auto").device)}};
    if (arguments.json) {
        std::cout << json.dump(2) << "\n";
        return exitSuccess;
    }
    if (json.contains("base"))
        printBase(json["base"]);
    for (const auto& adapter : json["adapters"])
        printAdapter(adapter);
    std::cout << "runtime  LibTorch " << compat::torchVersion() << ", " << blas.name << ", "
              << describeDevice(chooseDevice("auto").device) << "\n";
    if (!blas.fast)
        std::cout << "  slow: this is the reference BLAS; install libopenblas0-pthread\n";
    return exitSuccess;
}

} // namespace

CommandAction addInfo(CLI::App& program)
{
    auto* command = program.add_subcommand("info", "Show a base and its adapters");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("DIR", arguments->folder, "Model folder, adapter folder or published adapter file")->required();
    command->add_flag("--json", arguments->json, "Print one JSON object");
    command->footer("Example: icae info models/nano");
    return [arguments](CommandContext& context) { return showInfo(*arguments, context); };
}

} // namespace icae
