#include "study/verify.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/error.h"
#include "protocol/json.h"
#include "tensor/tensor_data.h"
#include "text/text_file.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr auto expectedName = "expected.safetensors";
constexpr std::size_t unratedContinuation = 8; // the published LM objective has no loss on its first 8 tokens

struct Tolerances {
    double vectors;
    double losses;
    bool exactIds;
};

Tolerances tolerancesFor(const Model& model)
{
    if (model.weights().dtype() != at::kFloat)
        return {3e-2, 3e-2, false};
    if (model.device().device.is_cpu())
        return {1e-4, 1e-5, true};
    return {1e-3, 1e-3, true};
}

/// Recorded values by name, and the worst error against them.
class Golden {
public:
    Golden(std::shared_ptr<const TensorStore> store, Tolerances tolerances)
        : m_store(std::move(store))
        , m_tolerances(tolerances)
    {
    }

    bool has(const std::string& name) const { return m_store->contains(name); }
    at::Tensor tensor(const std::string& name) const { return toTensor(m_store->tensor(name)); }

    std::vector<std::int32_t> ids(const std::string& name) const
    {
        const auto values = tensor(name).to(at::kLong).flatten().contiguous();
        const auto* first = values.data_ptr<int64_t>();
        return {first, first + values.numel()};
    }

    void compare(const std::string& kind, const std::string& name, const at::Tensor& actual)
    {
        const auto expected = tensor(name).to(at::kDouble).flatten();
        const auto computed = actual.to(at::kCPU, at::kDouble).flatten();
        double error = infinity;
        if (computed.numel() == expected.numel()) {
            const auto difference = computed - expected;
            error = std::max((difference.norm() / expected.norm()).item<double>(),
                             (difference.abs().max() / expected.abs().max()).item<double>());
        }
        record(kind, name, error, m_tolerances.vectors, false);
    }

    /// Where a token is all but certain, its NLL is rounding noise: errors count in nats then.
    void compareTokenNll(const std::string& name, std::span<const double> actual)
    {
        const auto expected = tensor(name).to(at::kDouble).contiguous();
        double error = actual.size() == static_cast<std::size_t>(expected.numel()) ? 0.0 : infinity;
        for (std::size_t i = 0; error < infinity && i < actual.size(); ++i) {
            const double value = expected.data_ptr<double>()[i];
            error = std::max(error, std::abs(actual[i] - value) / std::max(1.0, std::abs(value)));
        }
        record("token_nll", name, error, m_tolerances.vectors, !m_tolerances.exactIds);
    }

    void compareLoss(const std::string& name, double expected, double actual)
    {
        record("loss", name, std::abs(actual - expected) / std::max(1.0, std::abs(expected)), m_tolerances.losses,
               false);
    }

    void compareIds(const std::string& name, const std::vector<std::int32_t>& actual)
    {
        const auto expected = ids(name);
        std::size_t equal = 0;
        while (equal < expected.size() && equal < actual.size() && expected[equal] == actual[equal])
            ++equal;
        const double error =
            1.0 - static_cast<double>(equal) / static_cast<double>(std::max<std::size_t>(1, expected.size()));
        record("greedy_ids", name, error, 0.0, !m_tolerances.exactIds);
    }

    std::vector<VerifyCheck> checks() const
    {
        std::vector<VerifyCheck> result;
        for (const auto& [kind, check] : m_checks)
            result.push_back(check);
        return result;
    }

private:
    void record(const std::string& kind, const std::string& name, double error, double tolerance, bool informative)
    {
        auto& check = m_checks[kind];
        check.kind = kind;
        check.tolerance = tolerance;
        check.informative = informative;
        ++check.compared;
        if (!(error <= check.worst) || check.where.empty()) { // NaN is the worst of all
            check.worst = std::isnan(error) ? infinity : error;
            check.where = name;
        }
    }

    std::shared_ptr<const TensorStore> m_store;
    Tolerances m_tolerances;
    std::map<std::string, VerifyCheck> m_checks;
};

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

    std::int32_t eos() const { return static_cast<std::int32_t>(model.config().eosId); }

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
    const auto expected = [&](const std::string& name) { return golden.tensor(name).to(at::kDouble).item<double>(); };
    const std::vector end{bench.eos()};
    if (const auto name = prefix + "ae.loss"; golden.has(name))
        golden.compareLoss(name, expected(name), mean(bench.nll(ae, joined(context, end))));
    if (const auto name = prefix + "lm.loss"; golden.has(name))
        golden.compareLoss(name, expected(name),
                           mean(std::span<const double>(bench.nll(lm, continuation)).subspan(unratedContinuation)));
    if (const auto name = prefix + "ft.loss"; golden.has(name))
        golden.compareLoss(name, expected(name), mean(bench.nll(ft, joined(answer, end))));
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
            golden.compareLoss(tensor, golden.tensor(tensor).to(at::kDouble).mean().item<double>(), mean(values));
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

/// The published adapters' rank, alpha and span length stand in expected.json, since no icae_config.json does.
AdapterOverrides overridesFrom(const fs::path& folder)
{
    AdapterOverrides overrides;
    const auto file = folder / "expected.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        return overrides;
    const auto json = JsonReader::parse(readTextFile(file), file.string());
    if (json.has("lora_alpha"))
        overrides.alpha = json.number("lora_alpha", 0, 1e6);
    if (json.has("mem_size") && json.has("mean_compression_rate"))
        overrides.spanTokens = json.integer("mem_size", 1, 1 << 16) * json.integer("mean_compression_rate", 1, 1 << 10);
    return overrides;
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
        if (fs::exists(folder / expectedName, fault)) {
            found.push_back(folder);
            continue;
        }
        const auto before = found.size();
        for (const auto& entry : fs::recursive_directory_iterator(folder, fault))
            if (entry.path().filename() == expectedName)
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
    const auto overrides = overridesFrom(folder);
    auto modelOptions = options;
    modelOptions.overrides = overrides;
    const auto model = Model::load(paths, modelOptions, {}, {});
    Golden golden(TensorStore::open(folder / expectedName), tolerancesFor(*model));
    const Bench bench{*model};
    if (golden.has("case0.ids"))
        comparePublished(golden, bench, model->adapter().config.spanTokens);
    else
        compareLab(golden, bench);
    return {folder, describeDevice(model->device().device), dtypeName(model->weights().dtype()), golden.checks()};
}

} // namespace icae
