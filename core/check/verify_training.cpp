#include "check/verify_training.h"

#include "check/golden.h"
#include "tensor/compat.h"
#include "text/spans.h"
#include "train/network.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Ids = std::vector<std::int64_t>;

Ids wide(const std::vector<std::int32_t>& ids)
{
    return {ids.begin(), ids.end()};
}

Ids joined(Ids first, const Ids& second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::vector<Ids> spansOf(const Ids& ids, std::int64_t longest)
{
    std::vector<Ids> spans;
    for (const auto& range : planSpans(ids.size(), static_cast<std::size_t>(longest))) {
        const auto first = ids.begin() + static_cast<std::ptrdiff_t>(range.first);
        spans.emplace_back(first, first + static_cast<std::ptrdiff_t>(range.count));
    }
    return spans;
}

/// One objective: its loss and every recorded gradient.
void compareObjective(Golden& golden, const TrainNetwork& network, const std::string& prefix, Objective objective,
                      const Sample& sample, std::int64_t slots)
{
    const auto name = prefix + std::string(objectiveName(objective)) + ".loss";
    if (!golden.has(name))
        return;
    const auto batch = assemble(objective, {sample}, slots, network.config(), network.adapterConfig(), {});
    auto onDevice = DeviceBatch::allocate(batch, network.options().device);
    onDevice.fill(batch);
    for (const auto& parameter : network.parameters())
        at::Tensor(parameter.value).mutable_grad().reset();
    const auto loss = network.loss(onDevice);
    golden.compareLoss("train_loss", name, golden.number(name), loss.item<double>());
    loss.backward();
    const auto gradients = prefix + std::string(objectiveName(objective)) + ".grad.";
    for (const auto& parameter : network.parameters())
        if (golden.has(gradients + parameter.name))
            golden.compareGradient(gradients + parameter.name, parameter.value.grad());
}

void comparePublished(Golden& golden, const TrainNetwork& network)
{
    int last = 0;
    while (golden.has("case" + std::to_string(last + 1) + ".ids"))
        ++last;
    const auto context = wide(golden.ids("case" + std::to_string(last) + ".ids"));
    const auto& adapter = network.adapterConfig();
    const Ids end{network.config().eosId()};
    Sample sample;
    sample.spans = spansOf(context, adapter.spanTokens);
    sample.turns = {{{}, joined(context, end)}};
    compareObjective(golden, network, "train.", Objective::Autoencode, sample, adapter.slots);
    sample.turns = {{{}, wide(golden.ids("train.cont"))}};
    sample.unrated = unratedContinuation;
    compareObjective(golden, network, "train.", Objective::Continue, sample, adapter.slots);
    sample.left = {1, 5, 9, 7};
    sample.turns = {
        {joined(wide(golden.ids("train.question")), {8, 11}), joined(wide(golden.ids("train.answer")), end)}};
    sample.unrated = 0;
    compareObjective(golden, network, "train.", Objective::Instruct, sample, adapter.slots);
}

void compareLab(Golden& golden, const TrainNetwork& network)
{
    const Ids end{network.config().eosId()};
    for (int j = 0; golden.has(std::to_string(j) + ".ids"); ++j) {
        const auto name = std::to_string(j) + ".";
        const auto context = wide(golden.ids(name + "ids"));
        const auto shape = golden.ids(name + "spans_k");
        Sample sample;
        sample.spans = spansOf(context, (std::ssize(context) + shape.at(0) - 1) / shape.at(0));
        sample.turns = {{{}, joined(context, end)}};
        compareObjective(golden, network, name + "train.", Objective::Autoencode, sample, shape.at(1));
        if (golden.has(name + "lm_ids")) {
            sample.turns = {{{}, wide(golden.ids(name + "lm_ids"))}};
            sample.unrated = unratedContinuation;
            compareObjective(golden, network, name + "train.", Objective::Continue, sample, shape.at(1));
        }
        if (golden.has(name + "ft_answer")) {
            sample.turns = {{wide(golden.ids(name + "ft_prompt")), joined(wide(golden.ids(name + "ft_answer")), end)}};
            sample.unrated = 0;
            compareObjective(golden, network, name + "train.", Objective::Instruct, sample, shape.at(1));
        }
    }
}

} // namespace

std::vector<VerifyCheck> verifyTraining(const fs::path& folder, const fs::path& base, const Model::Options& options)
{
    compat::allowTf32(false);
    auto paths = findModel({}, folder, {});
    if (!base.empty())
        paths.base = findModel(base, {}, {}).base;
    auto file = AdapterFile::open(paths.adapter);
    const auto overrides = goldenOverrides(folder);
    file.config.alpha = overrides.alpha.value_or(file.config.alpha);
    file.config.spanTokens = overrides.spanTokens.value_or(file.config.spanTokens);
    const auto config = readLlmConfig(paths.base);
    TrainNetwork::Options training;
    training.device = chooseDevice(options.device).device;
    training.dtype = chooseDtype(options.dtype, training.device);
    training.plainKernels = options.plainKernels;
    TrainNetwork network(
        config, loadWeights(config, *TensorStore::open(paths.base), training.device, training.dtype, {}, {}), training);
    network.addAdapter(file.config, 0);
    network.loadAdapter(file);
    Golden golden(folder, tolerancesFor(training.dtype, training.device));
    if (golden.has("train.cont"))
        comparePublished(golden, network);
    else if (golden.has("0.ids"))
        compareLab(golden, network);
    return golden.checks();
}

} // namespace icae
