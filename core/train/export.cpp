#include "train/export.h"

#include "icae/model.h"
#include "protocol/error.h"
#include "tensor/atomic_file.h"
#include "tensor/tensor_data.h"
#include "train/job_check.h"

#include <fstream>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

void writeTensors(const fs::path& file, std::vector<std::pair<std::string, at::Tensor>>&& tensors)
{
    std::vector<TensorView> views;
    for (auto& [name, tensor] : tensors) {
        tensor = tensor.to(at::kBFloat16).contiguous();
        views.push_back(viewOf(name, tensor));
    }
    writeSafetensors(file, std::move(views), {{"format", "pt"}});
}

/// Whole or not at all.
void copyFile(const fs::path& from, const fs::path& to)
{
    std::ifstream input(from, std::ios::binary);
    std::ostringstream content;
    content << input.rdbuf();
    if (!input)
        throw Error(ErrorKind::Io, from.string() + " cannot be read.",
                    "Check that it exists and that you may read it.");
    writeFile(to, content.str());
}

void makeFolder(const fs::path& folder)
{
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault)
        throw Error(ErrorKind::Io, folder.string() + " cannot be made: " + fault.message() + ".",
                    "Check that you may write there.");
}

} // namespace

void requireExportable(const TrainJob& job, const fs::path& folder)
{
    std::vector<fs::path> files;
    if (job.trainsBase())
        files.insert(files.end(), {folder / "base" / "config.json", folder / "base" / "model.safetensors"});
    if (job.trainsAdapter())
        files.insert(files.end(), {folder / "adapter" / "icae.safetensors", folder / "adapter" / "icae_config.json"});
    for (const auto& file : files) {
        makeFolder(file.parent_path());
        const AtomicFile tried(file); // begun and given up
    }
}

std::vector<fs::path> besideBase(const TrainJob& job)
{
    std::vector<fs::path> files{tokenizerFileOf(job)};
    const auto generation = job.base / "generation_config.json";
    std::error_code ignored;
    if (job.stage == Stage::Midtrain && fs::exists(generation, ignored))
        files.push_back(generation);
    return files;
}

void exportModel(const TrainNetwork& network, const fs::path& folder, const BaseHashes& base,
                 const std::string& configText, const std::vector<fs::path>& beside)
{
    const at::NoGradGuard guard;
    const auto home = folder / "base";
    if (network.options().trainsBase) {
        makeFolder(home);
        writeFile(home / "config.json", configText);
        std::error_code ignored;
        for (const auto& file : beside)
            if (!fs::exists(home / file.filename(), ignored))
                copyFile(file, home / file.filename());
        writeTensors(home / "model.safetensors", network.baseTensors());
    }
    auto tensors = network.adapterTensors();
    if (tensors.empty())
        return;
    makeFolder(folder / "adapter");
    auto config = network.adapterConfig();
    config.base = network.options().trainsBase ? hashBase(home, {HashOptions::Effort::Anew, {}, {}}) : base;
    writeTensors(folder / "adapter" / "icae.safetensors", std::move(tensors));
    writeFile(folder / "adapter" / "icae_config.json", toJsonText(config));
}

} // namespace icae
