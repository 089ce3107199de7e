#include "check/verify.h"

#include "check/golden.h"
#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/error.h"
#include "train/batch.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::vector<Token> asTokens(const std::vector<std::int32_t>& ids)
{
    std::vector<Token> tokens;
    tokens.reserve(ids.size());
    for (const auto id : ids)
        tokens.push_back({id, 0, 0});
    return tokens;
}

std::vector<std::int32_t> joined(std::vector<std::int32_t> first, const std::vector<std::int32_t>& second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// What every case needs: the model and its two halves.
struct Bench {
    const Model& model;
    Compressor compressor{model};
    Reader reader{model};

    std::int32_t eos() const { return static_cast<std::int32_t>(model.config().eosId()); }

    std::vector<std::int32_t> greedy(Prompt prompt, std::size_t count) const
    {
        prompt.maxTokens = static_cast<std::int64_t>(count);
        return reader.generate(std::span(&prompt, 1), {}).ids.front();
    }

    std::vector<double> nll(const Prompt& prompt, const std::vector<std::int32_t>& target) const
    {
        std::vector<double> values;
        const auto scores = reader.score(std::span(&prompt, 1), std::span(&target, 1), {});
        for (const auto& score : scores.front())
            values.push_back(static_cast<double>(score.nll));
        return values;
    }
};

double mean(std::span<const double> values)
{
    double total = 0;
    for (const double value : values)
        total += value;
    return total / static_cast<double>(values.size());
}

void compareTrainingLosses(Golden& golden, const Bench& bench, const std::string& prefix, const Prompt& ae,
                           const std::vector<std::int32_t>& context, const Prompt& lm,
                           const std::vector<std::int32_t>& continuation, const Prompt& ft,
                           const std::vector<std::int32_t>& answer)
{
    const std::vector end{bench.eos()};
    if (const auto name = prefix + "ae.loss"; golden.has(name))
        golden.compareLoss("loss", name, golden.number(name), mean(bench.nll(ae, joined(context, end))));
    if (const auto name = prefix + "lm.loss"; golden.has(name))
        golden.compareLoss("loss", name, golden.number(name),
                           mean(std::span<const double>(bench.nll(lm, continuation)).subspan(unratedContinuation)));
    if (const auto name = prefix + "ft.loss"; golden.has(name))
        golden.compareLoss("loss", name, golden.number(name), mean(bench.nll(ft, joined(answer, end))));
}

void comparePublished(Golden& golden, const Bench& bench, std::int64_t spanTokens)
{
    const auto& model = bench.model;
    if (golden.has("base.logits")) {
        const auto prompt = bench.reader.plain(golden.ids("base.ids"));
        auto positions = prompt.positions;
        const auto row = at::from_blob(positions.data(), {1, prompt.length()}, at::kFloat).to(model.device().device);
        const auto states =
            model.decoder().hidden(model.weights(), prompt.embeddings.unsqueeze(0), row.clone(), prompt.length());
        golden.compare("base_logits", "base.logits", model.decoder().logits(model.weights(), states.squeeze(0)));
    }
    CompressOptions options;
    options.spanTokens = spanTokens;
    for (int i = 0; golden.has("case" + std::to_string(i) + ".ids"); ++i) {
        const auto name = "case" + std::to_string(i);
        const auto memory = bench.compressor.compress(asTokens(golden.ids(name + ".ids")), options);
        golden.compare("slots", name + ".slots", memory.slots);
        const auto spans = allSpans(std::span(&memory, 1));
        for (const auto& [task, key] :
             {std::pair{Task::Autoencode, "ae"}, std::pair{Task::Continue, "lm"}, std::pair{Task::Instruct, "ft"}}) {
            const auto prefix = name + "." + key;
            if (!golden.has(prefix + ".first_logits"))
                continue;
            const auto prompt = bench.reader.prompt(task, spans, golden.ids(prefix + ".prompt_left"),
                                                    golden.ids(prefix + ".prompt_right_after_special"));
            golden.compare("first_logits", prefix + ".first_logits", bench.reader.nextLogits(prompt));
            golden.compareIds(prefix + ".greedy", bench.greedy(prompt, golden.ids(prefix + ".greedy").size()));
        }
        const auto next = "case" + std::to_string(i + 1) + ".ids";
        if (!golden.has(next) && golden.has("train.cont")) { // the objectives were recorded on the last case
            const auto& tasks = bench.reader;
            compareTrainingLosses(golden, bench, "train.", tasks.prompt(Task::Autoencode, spans, {}, {}),
                                  golden.ids(name + ".ids"), tasks.prompt(Task::Continue, spans, {}, {}),
                                  golden.ids("train.cont"),
                                  tasks.prompt(Task::Instruct, spans, std::vector<std::int32_t>{1, 5, 9, 7},
                                               joined(golden.ids("train.question"), {8, 11})),
                                  golden.ids("train.answer"));
        }
    }
}

void compareLab(Golden& golden, const Bench& bench)
{
    for (int j = 0; golden.has(std::to_string(j) + ".ids"); ++j) {
        const auto name = std::to_string(j) + ".";
        const auto ids = golden.ids(name + "ids");
        const auto spansAndSlots = golden.ids(name + "spans_k");
        CompressOptions options;
        options.slots = spansAndSlots.at(1);
        options.spanTokens = (static_cast<std::int64_t>(ids.size()) + spansAndSlots.at(0) - 1) / spansAndSlots.at(0);
        const auto memory = bench.compressor.compress(asTokens(ids), options);
        golden.compare("slots", name + "slots", memory.slots);
        const auto spans = allSpans(std::span(&memory, 1));
        const auto ae = bench.reader.prompt(Task::Autoencode, spans, {}, {});
        const auto lm = bench.reader.prompt(Task::Continue, spans, {}, {});
        if (golden.has(name + "slot_positions")) {
            auto positions = ae.positions;
            golden.compare("slot_positions", name + "slot_positions",
                           at::from_blob(positions.data(), {memory.slots.size(0)}, at::kFloat));
        }
        const auto compareNll = [&](const std::string& tensor, const Prompt& prompt,
                                    const std::vector<std::int32_t>& target) {
            if (!golden.has(tensor))
                return;
            const auto values = bench.nll(prompt, target);
            golden.compareTokenNll(tensor, values);
            golden.compareLoss("loss", tensor, golden.tensor(tensor).to(at::kDouble).mean().item<double>(),
                               mean(values));
        };
        const auto compareGreedy = [&](const std::string& tensor, const Prompt& prompt) {
            if (golden.has(tensor))
                golden.compareIds(tensor, bench.greedy(prompt, golden.ids(tensor).size()));
        };
        compareNll(name + "ae_nll", ae, joined(ids, {bench.eos()}));
        compareGreedy(name + "ae_greedy", ae);
        const auto continuation =
            golden.has(name + "lm_ids") ? golden.ids(name + "lm_ids") : std::vector<std::int32_t>{};
        compareNll(name + "lm_nll", lm, continuation);
        compareGreedy(name + "lm_greedy", lm);
        Prompt ft;
        std::vector<std::int32_t> answer;
        if (golden.has(name + "ft_prompt")) {
            ft = bench.reader.prompt(Task::Instruct, spans, {}, golden.ids(name + "ft_prompt"));
            compareGreedy(name + "ft_greedy", ft);
        }
        if (golden.has(name + "ft_answer")) {
            answer = golden.ids(name + "ft_answer");
            compareNll(name + "ft_nll", ft, joined(answer, {bench.eos()}));
        }
        compareTrainingLosses(golden, bench, name + "train.", ae, ids, lm, continuation, ft, answer);
    }
}

} // namespace

bool VerifyReport::ok() const
{
    return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](const auto& check) { return check.ok(); });
}

std::vector<fs::path> goldenFolders(const std::vector<fs::path>& folders)
{
    std::vector<fs::path> found;
    for (const auto& folder : folders) {
        std::error_code fault;
        if (fs::exists(folder / goldenFile, fault)) {
            found.push_back(folder);
            continue;
        }
        const auto before = found.size();
        for (const auto& entry : fs::recursive_directory_iterator(folder, fault))
            if (entry.path().filename() == goldenFile)
                found.push_back(entry.path().parent_path());
        if (found.size() == before)
            throw Error(ErrorKind::NotFound,
                        "There are no golden values (expected.safetensors) in " + folder.string() + ".",
                        "Name a folder with recorded cases.");
    }
    std::sort(found.begin(), found.end());
    return found;
}

VerifyReport verifyFolder(const fs::path& folder, const fs::path& base, const Model::Options& options)
{
    const c10::InferenceMode noGradients;
    auto paths = findModel({}, folder, {});
    if (!base.empty())
        paths.base = findModel(base, {}, {}).base;
    const auto overrides = goldenOverrides(folder);
    auto modelOptions = options;
    modelOptions.overrides = overrides;
    const auto model = Model::load(paths, modelOptions, {}, {});
    Golden golden(folder, tolerancesFor(model->weights().dtype(), model->device().device));
    const Bench bench{*model};
    comparePublished(golden, bench, model->adapter().config.spanTokens);
    compareLab(golden, bench);
    return {folder, describeDevice(model->device().device), dtypeName(model->weights().dtype()), golden.checks()};
}

} // namespace icae
