#include "command.h"

#include "icae/catalog.h"
#include "icae/hub_folder.h"
#include "input/reachable.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "tensor/compat.h"

#include <iostream>
#include <sstream>

namespace icae {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string path;
    bool json = false;
};

std::string megabytes(std::int64_t bytes)
{
    return grouped(bytes >> 20U) + " MiB";
}

template <typename T> std::string listed(const std::vector<T>& values)
{
    std::ostringstream text;
    for (std::size_t i = 0; i < values.size(); ++i)
        text << (i == 0 ? "" : ", ") << values[i];
    return text.str();
}

void printBase(const BaseInfo& b)
{
    std::cout << "base  " << (b.name.empty() ? "" : b.name + "  ") << b.folder << "\n"
              << "  architecture   " << b.architecture << ", " << fixed(static_cast<double>(b.parameters) / 1e6, 1)
              << " M parameters" << (b.additions.empty() ? "" : "; " + b.additions) << "\n"
              << "  shape          " << b.layers << " layers, d " << b.hiddenSize << ", " << b.heads << " heads ("
              << b.kvHeads << " for keys and values) of " << b.headDim << ", feed-forward " << b.intermediateSize
              << "\n"
              << "  vocabulary     " << grouped(b.vocabulary)
              << (b.tiedEmbeddings ? ", embeddings tied" : ", embeddings not tied") << "\n"
              << "  positions      " << grouped(b.positions) << ", RoPE base " << fixed(b.ropeTheta, 0)
              << (b.ropeScaling.empty() ? "" : ", scaled: " + b.ropeScaling)
              << (b.slidingWindow == 0 ? "" : ", attention reaches back " + grouped(b.slidingWindow) + " tokens")
              << "\n"
              << "  memory         " << megabytes(b.memoryBytes.fp32) << " in fp32, " << megabytes(b.memoryBytes.bf16)
              << " in bf16\n"
              << "  weights        sha256 " << b.weightsSha256 << "\n";
    std::cout << "  texts          begin with " << (b.beginsWith.empty() ? "nothing" : b.beginsWith) << ", end with "
              << listed(b.endsWith) << "\n";
    if (b.tokenizer)
        std::cout << "  tokenizer      " << b.tokenizerFile << "\n";
    else
        std::cout << "  note           There is neither tokenizer.model nor tokenizer.json: texts cannot be read.\n";
    for (const auto& sentence : b.remarks)
        std::cout << "  note           " << sentence << "\n";
}

void printAdapter(const AdapterInfo& a)
{
    std::cout << "adapter  " << a.file << "\n"
              << "  slots          " << a.slots
              << (a.elasticSlots.empty() ? "" : " (elastic: " + listed(a.elasticSlots) + ")")
              << " for a span of at most " << a.spanTokens << " tokens\n"
              << "  layout         " << a.positionLayout
              << (a.aeReads == "all" ? ", reads all spans at once" : ", reads span by span")
              << (a.slotScale ? ", trained slot scale" : "") << "\n"
              << "  LoRA           r " << a.lora.rank << ", alpha " << a.lora.alpha << " on " << listed(a.lora.targets)
              << ", " << fixed(static_cast<double>(a.parameters) / 1e6, 2) << " M parameters\n"
              << "  trained with   " << (a.trained.empty() ? "unknown" : listed(a.trained)) << "\n"
              << "  weights        sha256 " << a.sha256 << "\n";
    for (const auto& fit : a.fits) {
        if (fit.doesNotFit.empty())
            std::cout << "  memory         " << megabytes(fit.memoryBytes.fp32) << " in fp32 with its base\n";
        else
            std::cout << "  does not fit   " << fit.doesNotFit << "\n";
    }
    if (!a.baseNamed)
        std::cout << "  note           The adapter does not name its base: only shapes can be compared.\n";
    for (const auto& sentence : a.inferred)
        std::cout << "  inferred       " << sentence << "\n";
}

void printMemory(const std::string& file, const MemoryHeader& m)
{
    std::int64_t longest = 0;
    for (const auto& span : m.spans)
        longest = std::max(longest, span.shape.tokens);
    std::cout << "memory  " << file << "\n"
              << "  source         " << m.sourceName << ", sha256 " << m.sourceHash << "\n"
              << "  tokens         " << grouped(m.sourceTokens) << " in " << m.spans.size()
              << (m.spans.size() == 1 ? " span" : " spans") << " of at most " << grouped(longest) << "\n"
              << "  slots          " << grouped(m.slots()) << " (" << fixed(m.ratio(), 2) << "×), " << m.dtype << "\n"
              << "  layout         " << layoutName(m.layout) << "\n"
              << "  adapter        " << m.adapterName << ", sha256 " << m.adapterHash << "\n"
              << "  base           config.json sha256 " << m.baseConfigHash << "\n"
              << "                 weights sha256 " << m.baseWeightsHash << "\n";
}

int showMemory(const Arguments& arguments, const MemoryHeader& header)
{
    if (arguments.json) {
        auto json = toJson(header);
        json["slots"] = header.slots();
        json["ratio"] = header.ratio();
        printJson(nlohmann::json{{"memory", json}});
    } else {
        printMemory(arguments.path, header);
    }
    return exitSuccess;
}

/// Here what cannot be used is what the user asked about.
template <typename Info> void refuseProblem(const Info& info)
{
    if (!info.problem.empty())
        throw Error(ErrorKind::InvalidInput, info.problem, info.remedy);
}

int showInfo(const Arguments& arguments, CommandContext& /*context*/)
{
    requireReachable(arguments.path);
    const auto folder = hubSnapshot(arguments.path);
    if (const auto memory = Memory::readHeader(folder))
        return showMemory(arguments, *memory);
    std::error_code ignored;
    std::vector<fs::path> adapters = adaptersIn(folder);
    fs::path baseFolder;
    std::string whyNoBase; // an adapter can be described without it
    if (fs::exists(folder / "config.json", ignored))
        baseFolder = folder;
    else if (fs::exists(folder / "base" / "config.json", ignored))
        baseFolder = folder / "base";
    else if (!adapters.empty() || fs::is_regular_file(folder, ignored)) {
        if (adapters.empty())
            adapters.push_back(folder);
        try {
            baseFolder = findModel({}, adapters.front(), {}).base;
        } catch (const Error& error) {
            whyNoBase = error.message();
        }
    } else {
        throw Error(ErrorKind::NotFound, "There is neither a base nor an adapter in " + folder.string() + ".",
                    "Name a folder with config.json, base/ or icae.safetensors.");
    }
    std::vector<BaseInfo> bases;
    if (!baseFolder.empty()) {
        bases.push_back(describeBase(baseFolder, true));
        refuseProblem(bases.front());
    }
    nlohmann::json json{{"adapters", nlohmann::json::array()}};
    if (!bases.empty())
        json["base"] = bases.front();
    const auto blas = blasInfo();
    const auto device = describeDevice(chooseDevice("auto").device);
    json["runtime"] = {{"libtorch", compat::torchVersion()},
                       {"blas", blas.name},
                       {"cuda_devices", compat::cudaDeviceCount()},
                       {"device", device}};
    std::vector<AdapterInfo> described;
    for (const auto& adapter : adapters) {
        described.push_back(describeAdapter(adapter, bases, true));
        refuseProblem(described.back());
        json["adapters"].push_back(described.back());
    }
    if (!whyNoBase.empty())
        std::cerr << whyNoBase << "\n";
    if (arguments.json) {
        printJson(json);
        return exitSuccess;
    }
    for (const auto& base : bases)
        printBase(base);
    for (const auto& adapter : described)
        printAdapter(adapter);
    std::cout << "runtime  LibTorch " << compat::torchVersion() << ", " << blas.name << ", " << device << "\n";
    if (!blas.fast)
        std::cout << "  slow: this is the reference BLAS; install libopenblas0-pthread\n";
    return exitSuccess;
}

} // namespace

CommandAction addInfo(CLI::App& program)
{
    auto* command = program.add_subcommand("info", "Show a base and its adapters, or a memory");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("PATH", arguments->path, "Model folder, adapter folder, published adapter file or memory file")
        ->required();
    command->add_flag("--json", arguments->json, "Print one JSON object");
    command->footer("Example: icae info models/nano");
    return [arguments](CommandContext& context) { return showInfo(*arguments, context); };
}

} // namespace icae
