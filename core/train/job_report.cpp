#include "train/job_report.h"

#include "icae/adapter.h"
#include "protocol/field_error.h"
#include "protocol/json.h"
#include "tensor/device.h"
#include "train/job_check.h"

#include <algorithm>
#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto sourceName = "the job";
constexpr int mostProblems = 24;
constexpr auto alwaysThere = "/"; // a path for which nothing is at fault before it is opened

/// The value at a dotted name, and nullptr where there is none.
nlohmann::json* valueAt(nlohmann::json& json, std::string_view name)
{
    auto* value = &json;
    for (; !name.empty();) {
        const auto dot = name.find('.');
        const auto found = value->is_object() ? value->find(name.substr(0, dot)) : value->end();
        if (!value->is_object() || found == value->end())
            return nullptr;
        value = &*found;
        name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    }
    return value;
}

/// Removes what a dotted name says; false where it is not there.
bool removeAt(nlohmann::json& json, const std::string& name)
{
    const auto dot = name.rfind('.');
    auto* owner = dot == std::string::npos ? &json : valueAt(json, std::string_view(name).substr(0, dot));
    return owner != nullptr && owner->is_object() && owner->erase(name.substr(dot + 1)) > 0;
}

/// Finds one fault after the other: what was at fault is replaced by what cannot be, and the job read again.
class FaultFinder {
public:
    FaultFinder(std::string_view job, fs::path folder)
        : m_json(nlohmann::json::parse(job, nullptr, false, true))
        , m_folder(std::move(folder))
    {
    }

    std::vector<SpecProblem> problems()
    {
        std::vector<SpecProblem> problems;
        for (int i = 0; i < mostProblems; ++i) {
            try {
                parseTrainJob(m_json.dump(), sourceName, m_folder, m_folder);
                break;
            } catch (const FieldError& error) {
                const auto known = std::any_of(problems.begin(), problems.end(),
                                               [&](const auto& problem) { return problem.field == error.field(); });
                if (!known)
                    problems.push_back({error.field(), error.message(), error.remedy()});
                if (!replace(error.field(), known))
                    break;
            } catch (const Error& error) {
                problems.push_back({{}, error.message(), error.remedy()});
                break;
            }
        }
        return problems;
    }

private:
    /// A field that was at fault before is replaced together with all that it belongs to.
    /// @return false where that has been tried already
    bool replace(const std::string& field, bool again)
    {
        const auto root = field.substr(0, field.find('.'));
        const auto name = again ? root : field;
        if (!m_replaced.insert(name).second)
            return false;
        const auto good = sound();
        const auto dot = name.rfind('.');
        auto parent = good;
        if (const auto* value = valueAt(parent, name)) {
            auto* owner = dot == std::string::npos ? &m_json : valueAt(m_json, std::string_view(name).substr(0, dot));
            if (owner == nullptr || !owner->is_object())
                return replace(field, true);
            (*owner)[name.substr(dot + 1)] = *value;
            return true;
        }
        return removeAt(m_json, name) || again || replace(field, true);
    }

    /// A job of the same stage whose files are there.
    nlohmann::json sound() const
    {
        auto stage = Stage::Adapter;
        try {
            stage = parseStage(m_json.value("stage", ""));
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): any stage will do
        }
        auto json = nlohmann::json::parse(trainJobTemplate(stage), nullptr, true, true);
        for (const auto* path : {"base", "tokenizer"})
            if (json.contains(path))
                json[path] = alwaysThere;
        for (auto& [role, files] : json["data"].items())
            files = nlohmann::json::array({alwaysThere});
        json["init_from"] = nullptr;
        return json;
    }

    nlohmann::json m_json;
    fs::path m_folder;
    std::set<std::string> m_replaced;
};

std::int64_t trainedNumbers(const TrainJob& job, const LlmConfig& config)
{
    std::int64_t count = job.trainsBase() ? config.parameters() : 0;
    if (!job.trainsAdapter())
        return count;
    const auto& adapter = job.adapter;
    for (const auto& linear : linears(config))
        if (std::find(adapter.targets.begin(), adapter.targets.end(), linear.name) != adapter.targets.end())
            count += config.layers * adapter.rank * (linear.in + linear.out);
    count += (adapter.slots + std::ssize(adapter.specialTokens)) * config.hiddenSize;
    return count + (adapter.slotScale ? config.hiddenSize : 0);
}

void describe(const TrainJob& job, TrainCheck& check)
{
    check.stage = stageName(job.stage);
    check.steps = job.steps;
    check.minutes = job.minutes;
    check.base = job.base.string();
    check.initFrom = job.initFrom.string();
    check.device = job.device;
    check.batchTokens = job.batchTokens * job.accumulate;
    const auto add = [&](const char* role, const std::vector<fs::path>& files) {
        for (const auto& file : files) {
            std::error_code fault;
            const auto size = fs::file_size(file, fault);
            check.files.push_back({role, file.string(), fault ? 0 : static_cast<std::int64_t>(size)});
        }
    };
    add("data.texts", job.texts);
    add("data.questions", job.questions);
    add("data.validation_texts", job.validationTexts);
    add("data.validation_questions", job.validationQuestions);
    check.problems = quickProblemsOf(job, job.device);
    try {
        const auto device = chooseDevice(job.device).device;
        check.deviceName = describeDevice(device);
        check.precision = chooseDtype(job.precision, device) == at::kFloat ? "fp32" : "bf16";
        const auto config = baseConfigOf(job);
        check.positions = config.maxPositions;
        check.trainedNumbers = trainedNumbers(job, config);
    } catch (const Error&) { // NOLINT(bugprone-empty-catch): is among the problems
    }
}

} // namespace

TrainCheck reportOnJob(std::string_view text, const fs::path& folder)
{
    TrainCheck check;
    try {
        describe(parseTrainJob(text, sourceName, folder, folder), check);
    } catch (const FieldError&) {
        check.problems = FaultFinder(text, folder).problems();
    } catch (const Error& error) {
        check.problems.push_back({{}, error.message(), error.details().empty() ? error.remedy() : error.details()});
    }
    return check;
}

} // namespace icae
