#include "train/checkpoint.h"

#include "input/remove_tree.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/run_checkpoints.h"
#include "tensor/atomic_file.h"
#include "tensor/sha256.h"
#include "tensor/tensor_data.h"
#include "text/text_file.h"

#include <algorithm>
#include <array>
#include <vector>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto numbersName = "training.safetensors";
constexpr auto positionName = checkpointPositionName;
constexpr auto doneName = checkpointDoneName;
constexpr auto partialSuffix = ".partial";
// More than any run reaches, and far enough from where counting on would overflow.
constexpr std::int64_t mostSteps = std::int64_t{1} << 41U;
constexpr std::int64_t mostTokens = std::int64_t{1} << 61U;
constexpr std::array tensorNames{"values", "first_moments", "second_moments"};

/// Whole checkpoints, oldest first.
std::vector<std::pair<std::int64_t, fs::path>> checkpointsIn(const fs::path& run)
{
    auto found = stepsIn(run / "checkpoints");
    std::erase_if(found, [](const auto& one) {
        std::error_code fault;
        return !fs::exists(one.second / doneName, fault);
    });
    return found;
}

LossSums parsePending(const JsonReader& json)
{
    LossSums sums;
    const auto& losses = json.at("pending");
    for (const auto& [name, value] : losses.items()) {
        const bool good = losses.is_object() && value.is_array() && value.size() == 2 && value[0].is_number()
            && value[1].is_number_integer() && value[1] > 0 && value[1] <= mostSteps;
        if (!good)
            json.fail("pending", "a sum and a number of batches for each curve");
        sums[name] = {value[0].get<double>(), value[1].get<std::int64_t>()};
    }
    return sums;
}

TrainPosition positionOf(const JsonReader& json)
{
    TrainPosition position;
    position.step = json.integer("step", 0, mostSteps);
    position.seconds = json.number("seconds", 0, 1e300);
    position.tokens = json.integer("tokens", 0, mostTokens);
    position.evaluated = json.integer("evaluated", 0, mostSteps, position.step);
    position.optimizer = json.text("optimizer", position.optimizer);
    if (json.has("watched"))
        position.watched = fromJson<BestValue>(json.object("watched"));
    if (json.has("pending"))
        position.pending = parsePending(json);
    if (json.has("base")) {
        const auto base = json.object("base");
        position.base = {base.text("config_sha256"), base.text("weights_sha256")};
    }
    return position;
}

/// @param step that the folder's name says
TrainPosition readPosition(const fs::path& file, std::int64_t step)
{
    const auto json = JsonReader::parse(readTextFile(file), file.string());
    auto position = positionOf(json);
    if (position.step != step)
        json.fail("step", std::to_string(step));
    return position;
}

/// Hashes of a checkpoint's files: what its DONE holds.
std::string seal(const fs::path& folder)
{
    nlohmann::json hashes;
    for (const auto* name : {numbersName, positionName})
        hashes[name] = freshSha256OfFile(folder / name);
    return hashes.dump() + "\n";
}

/// @throws Error (InvalidInput) where a file is not what was written; old seals are empty and say nothing
void requireUnbroken(const fs::path& folder)
{
    std::error_code ignored;
    if (fs::file_size(folder / doneName, ignored) > 0 && readTextFile(folder / doneName) != seal(folder))
        throw Error(ErrorKind::InvalidInput, "The files in " + folder.string() + " are not those that were written.",
                    "Check the disk.");
}

void removeFolder(const fs::path& folder)
{
    std::error_code ignored;
    fs::remove(folder / doneName, ignored); // first, so that half of a checkpoint never counts
    removeTree(folder);
}

/// Drops whole checkpoints beyond `keep`, and halves of others.
void dropOthers(const fs::path& folder, std::int64_t keep)
{
    const auto all = checkpointsIn(folder.parent_path());
    for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < all.size(); ++i)
        removeFolder(all[i].second);
    std::error_code fault;
    std::vector<fs::path> halves;
    for (const auto& entry : fs::directory_iterator(folder, fault))
        if (entry.path().filename().string().starts_with(stepPrefix)
            && (entry.path().extension() == partialSuffix || !fs::exists(entry.path() / doneName, fault)))
            halves.push_back(entry.path());
    for (const auto& half : halves)
        removeFolder(half);
}

void readNumbers(const fs::path& folder, const Optimizer& optimizer)
{
    const auto store = TensorStore::open(folder / numbersName);
    const auto state = optimizer.state();
    const at::NoGradGuard guard;
    for (std::size_t i = 0; i < state.size(); ++i) {
        const auto& saved = store->tensor(tensorNames.at(i));
        if (saved.shape != state.at(i).sizes())
            throw Error(ErrorKind::Mismatch, folder.string() + " belongs to another job: its size differs.",
                        "Do not change the base, stage or adapter of a job that is resumed.");
        at::Tensor(state.at(i)).copy_(toTensor(saved));
    }
    store->requireUnchanged();
}

} // namespace

std::string toText(const TrainPosition& position)
{
    nlohmann::json json{{"step", position.step},
                        {"seconds", position.seconds},
                        {"tokens", position.tokens},
                        {"evaluated", position.evaluated},
                        {"optimizer", position.optimizer}};
    if (position.watched)
        json["watched"] = *position.watched;
    for (const auto& [name, loss] : position.pending)
        json["pending"][name] = {loss.sum, loss.batches};
    json["base"] = {{"config_sha256", position.base.config}, {"weights_sha256", position.base.weights}};
    return json.dump(1) + "\n";
}

TrainPosition parsePosition(const std::string& text, const std::string& source)
{
    return positionOf(JsonReader::parse(text, source));
}

bool hasCheckpoint(const fs::path& run)
{
    return !checkpointsIn(run).empty();
}

void writeCheckpoint(const fs::path& run, const TrainPosition& position, const Optimizer& optimizer, std::int64_t keep,
                     const std::function<void(const fs::path&)>& addModel)
{
    const auto folder = run / "checkpoints";
    const auto target = folder / ("step-" + std::to_string(position.step));
    const auto aside = fs::path(target.string() + partialSuffix);
    removeFolder(aside);
    std::error_code fault;
    fs::create_directories(aside, fault);
    if (fault)
        throw Error(ErrorKind::Io, aside.string() + " cannot be made: " + fault.message() + ".",
                    "Free space on that disk.");
    try {
        std::vector<at::Tensor> tensors;
        std::vector<TensorView> views;
        for (const auto& tensor : optimizer.state()) {
            tensors.push_back(tensor.to(at::kCPU).contiguous());
            views.push_back(viewOf(tensorNames.at(views.size()), tensors.back()));
        }
        writeSafetensors(aside / numbersName, std::move(views), {});
        writeFile(aside / positionName, toText(position));
        addModel(aside);
        writeFile(aside / doneName, seal(aside));
    } catch (...) {
        removeFolder(aside);
        throw;
    }
    removeFolder(target);
    fs::rename(aside, target, fault);
    if (fault)
        throw Error(ErrorKind::Io, target.string() + " cannot be made: " + fault.message() + ".",
                    "Check that you may write there.");
    syncFolder(folder); // before others are dropped, this one must be there to stay
    dropOthers(folder, keep);
}

std::optional<TrainPosition> readCheckpoint(const fs::path& run, const Optimizer& optimizer,
                                            const std::function<void(const std::string&)>& warn)
{
    const auto all = checkpointsIn(run);
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
        const auto& [step, folder] = *it;
        try {
            requireUnbroken(folder);
            auto position = readPosition(folder / positionName, step);
            readNumbers(folder, optimizer);
            return position;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Mismatch)
                throw;
            const auto sentence = "A checkpoint is damaged: " + error.message();
            if (std::next(it) == all.rend())
                throw Error(error.kind(), sentence, "Delete " + folder.string() + " to begin the run anew.",
                            error.details());
            if (warn)
                warn(sentence + " The one before it is used, of step " + std::to_string(std::next(it)->first) + ".");
        }
    }
    return std::nullopt;
}

} // namespace icae
