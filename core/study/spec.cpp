#include "study/spec.h"

#include "icae/adapter.h"
#include "input/reachable.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/study_fields.h"
#include "runs/places.h"
#include "study/kept_models.h"
#include "study/texts.h"

#include <algorithm>
#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mostWindows = 1'000'000;

fs::path absolute(const fs::path& folder, const std::string& path)
{
    if (isCutShort(path))
        throw Error(ErrorKind::InvalidInput, "A path in the study's spec holds a zero byte.", "Correct the path.");
    return fs::absolute(folder / path).lexically_normal();
}

/// A path from the spec's folder, or the folder of a model that comes with the program.
std::string modelPath(const fs::path& folder, const std::string& path)
{
    const auto here = absolute(folder, path);
    std::error_code ignored;
    if (fs::exists(here, ignored))
        return here.string();
    const auto ours = bundled("models/" + path);
    return ours.empty() ? here.string() : ours.string();
}

std::string nameOf(const ModelPaths& paths)
{
    const auto& shown = paths.adapter.empty() ? paths.base : paths.adapter;
    const auto parent = shown.parent_path().filename().string();
    return parent.empty() ? shown.filename().string() : parent + "/" + shown.filename().string();
}

/// Collects what is wrong, field by field.
class Checking {
public:
    explicit Checking(const StudySpec& spec)
        : m_spec(spec)
        , m_uses(fieldsOf(spec.kind))
    {
    }

    std::vector<SpecProblem> run()
    {
        models();
        files();
        unused("contents", m_uses.contents, m_spec.contents.empty());
        unused("temperature", m_uses.temperature, m_spec.temperature == 0);
        unused("tokens", m_uses.tokens, m_spec.tokens == 0);
        numbers("lengths", m_uses.lengths, m_spec.lengths, 1 << 20);
        numbers("slots", m_uses.slots, m_spec.slots, 1 << 16);
        numbers("spans", m_uses.spans, m_spec.spans, 1 << 12);
        numbers("batches", m_uses.batches, m_spec.batches, 1 << 12);
        single("windows", m_spec.windows, mostWindows);
        single("tokens", m_spec.tokens, 1 << 16);
        if (m_spec.seed < 0)
            add("seed", "is below 0", "Use a whole number from 0.");
        if (!(m_spec.temperature >= 0 && m_spec.temperature <= 100))
            add("temperature", "is no temperature from 0 to 100", "Use 0 for greedy decoding.");
        device();
        for (const auto& adapter : m_adapters)
            fits(adapter);
        return std::move(m_problems);
    }

private:
    void add(const std::string& field, const std::string& why, const std::string& remedy)
    {
        m_problems.push_back({field, "The field \"" + field + "\" " + why + ".", remedy});
    }

    void add(const std::string& field, const Error& error)
    {
        m_problems.push_back({field, error.message(), error.remedy()});
    }

    void models()
    {
        if (m_spec.models.empty()) {
            add("models", "names no model", "Name a model's folder as \"base\", or a run.");
            return;
        }
        std::set<std::string> names;
        for (std::size_t i = 0; i < m_spec.models.size(); ++i) {
            const auto field = "models[" + std::to_string(i) + "]";
            const auto& model = m_spec.models[i];
            if (!model.run.empty() && !(model.base.empty() && model.adapter.empty())) {
                add(field + ".run", "is given beside a base or an adapter", "Give one or the other.");
                continue;
            }
            try {
                auto one = m_spec;
                one.models = {model};
                for (const auto& found : findStudyModels(one)) {
                    if (!names.insert(found.name + " " + std::to_string(found.step)).second)
                        add(field + ".name", "is \"" + found.name + "\", as another model's", "Give them names.");
                    adapter(field, found.paths);
                }
            } catch (const Error& error) {
                add(field, error);
            }
        }
        if (m_spec.kind == StudyKind::Models && names.size() == 1)
            add("models", "names one model, and this kind compares several", "Name another one, or a run.");
    }

    void adapter(const std::string& field, const ModelPaths& paths)
    {
        if (!paths.adapter.empty())
            m_adapters.push_back(AdapterFile::open(paths.adapter).config);
        else if (m_spec.kind != StudyKind::Continuation)
            add(field + ".adapter", "is missing: there is no adapter at " + paths.base.string(), "Name one.");
    }

    void files()
    {
        unused("texts", m_uses.texts, m_spec.texts.empty());
        unused("questions", m_uses.questions, m_spec.questions.empty());
        std::error_code ignored;
        for (std::size_t i = 0; i < m_spec.texts.size(); ++i)
            if (const auto why = whyNoText(m_spec.texts[i]); !why.empty())
                add("texts[" + std::to_string(i) + "]", why, "Name a .txt, .md or .jsonl file, or \"samples\".");
        if (m_uses.questions && m_spec.questions.empty())
            add("questions", "names no file", "Name JSON lines with input, prompt and answer.");
        else if (m_uses.questions && !fs::is_regular_file(m_spec.questions, ignored))
            add("questions", "names " + m_spec.questions + ", which is no file", "Correct the path.");
    }

    void unused(const std::string& field, bool used, bool empty)
    {
        if (!used && !empty)
            add(field, std::string("is not used by the kind \"") + icae::nameOf(m_spec.kind) + "\"", "Leave it out.");
    }

    void numbers(const std::string& field, bool used, const std::vector<std::int64_t>& values, std::int64_t most)
    {
        unused(field, used, values.empty());
        auto sorted = values;
        std::sort(sorted.begin(), sorted.end());
        if (!values.empty() && (sorted.front() < 1 || sorted.back() > most))
            add(field, "has a number that is not from 1 to " + std::to_string(most), "Correct the number.");
        if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
            add(field, "has a number twice", "Leave one out.");
    }

    void single(const std::string& field, std::int64_t value, std::int64_t most)
    {
        if (value < 0 || value > most)
            add(field, "is not from 1 to " + std::to_string(most), "Correct the number, or leave it out.");
    }

    void device()
    {
        try {
            chooseDtype(m_spec.dtype, chooseDevice(m_spec.device).device);
        } catch (const Error& error) {
            add("device", error);
        }
    }

    void fits(const AdapterConfig& adapter)
    {
        const auto tooMany = [&](const std::string& field, const std::vector<std::int64_t>& values, std::int64_t most,
                                 const std::string& what) {
            const auto over = std::find_if(values.begin(), values.end(), [&](auto value) { return value > most; });
            if (over == values.end() || !m_reported.insert(field).second)
                return;
            add(field,
                "has " + std::to_string(*over) + ", and an adapter has at most " + std::to_string(most) + " " + what,
                "Leave it out, or use another adapter.");
        };
        tooMany("slots", m_spec.slots, adapter.slots, "slots a span");
        if (m_spec.kind != StudyKind::Latency)
            tooMany("lengths", m_spec.lengths, adapter.spanTokens, "tokens a span");
    }

    const StudySpec& m_spec;
    StudyFields m_uses;
    std::vector<AdapterConfig> m_adapters;
    std::set<std::string> m_reported;
    std::vector<SpecProblem> m_problems;
};

/// Four lengths up to the adapter's span, each twice the one before.
std::vector<std::int64_t> lengthsUpTo(std::int64_t span)
{
    std::vector<std::int64_t> lengths;
    for (const std::int64_t share : {8, 4, 2, 1})
        if (span / share >= 1 && (lengths.empty() || span / share > lengths.back()))
            lengths.push_back(span / share);
    return lengths;
}

template <typename T> void fill(std::vector<T>& values, std::vector<T> fallback)
{
    if (values.empty())
        values = std::move(fallback);
}

void fill(std::int64_t& value, std::int64_t fallback)
{
    if (value == 0)
        value = fallback;
}

} // namespace

StudySpec parseStudySpec(std::string_view json, const std::string& source, const fs::path& folder)
{
    const auto reader = JsonReader::parse(json, source, true);
    reader.requireKnown({"kind", "title", "models", "texts", "questions", "contents", "lengths", "slots", "spans",
                         "batches", "windows", "tokens", "seed", "temperature", "device", "dtype"});
    if (reader.has("models"))
        for (const auto& model : reader.objects("models"))
            model.requireKnown({"name", "base", "adapter", "run"});
    auto spec = fromJson<StudySpec>(reader);
    if (const auto ours = bundled("models/nano"); spec.models.empty() && !ours.empty())
        spec.models.push_back({{}, ours.string(), {}, {}});
    for (auto& model : spec.models) {
        if (!model.base.empty())
            model.base = modelPath(folder, model.base);
        // An adapter may be a name in the model's folder.
        std::error_code ignored;
        if (!model.adapter.empty() && fs::exists(folder / model.adapter, ignored))
            model.adapter = absolute(folder, model.adapter).string();
        if (!model.run.empty())
            model.run = absolute(folder, model.run).string();
    }
    for (auto& text : spec.texts)
        if (!isBundledText(text))
            text = absolute(folder, text).string();
    if (!spec.questions.empty())
        spec.questions = absolute(folder, spec.questions).string();
    return spec;
}

std::vector<FoundModel> findStudyModels(const StudySpec& spec)
{
    std::vector<FoundModel> found;
    for (const auto& model : spec.models) {
        if (!model.run.empty()) {
            for (auto& kept : keptModels(model.run))
                found.push_back({model.name.empty() ? fs::path(model.run).filename().string() : model.name,
                                 std::move(kept.paths), kept.step});
            continue;
        }
        const auto preferred = spec.kind == StudyKind::Questions ? "chat" : "reconstruct";
        auto paths = findModel(model.base, model.adapter, preferred);
        found.push_back({model.name.empty() ? nameOf(paths) : model.name, std::move(paths), 0});
    }
    return found;
}

StudySpec withDefaults(StudySpec spec, const AdapterConfig* adapter)
{
    constexpr std::int64_t plainSpan = 512; // of a base without an adapter
    const auto uses = fieldsOf(spec.kind);
    const bool grid = spec.kind == StudyKind::Length || spec.kind == StudyKind::Slots;
    const auto span = adapter == nullptr ? plainSpan : adapter->spanTokens;
    if (uses.texts)
        fill(spec.texts, {"samples"});
    if (uses.contents)
        fill(spec.contents, {StudyContent::Normal, StudyContent::Patterned, StudyContent::Random});
    if (uses.lengths)
        fill(spec.lengths, grid ? lengthsUpTo(span) : std::vector{span});
    if (uses.slots && adapter != nullptr)
        fill(spec.slots, grid ? adapter->slotChoices() : std::vector{adapter->slotChoices().back()});
    if (uses.spans)
        fill(spec.spans,
             spec.kind == StudyKind::Continuation ? std::vector<std::int64_t>{1, 2, 4} : std::vector<std::int64_t>{1});
    if (uses.batches)
        fill(spec.batches, {1, 8});
    if (uses.tokens)
        fill(spec.tokens, 128);
    fill(spec.windows, spec.kind == StudyKind::Latency ? 3 : spec.kind == StudyKind::Questions ? 64 : 24);
    return spec;
}

std::vector<SpecProblem> problemsOf(const StudySpec& spec)
{
    return Checking(spec).run();
}

void requireNoProblems(const StudySpec& spec, const std::string& source)
{
    const auto problems = problemsOf(spec);
    if (problems.empty())
        return;
    const auto& first = problems.front();
    throw Error(ErrorKind::InvalidInput,
                first.field.empty() ? first.problem : source + ", field \"" + first.field + "\": " + first.problem,
                first.remedy);
}

} // namespace icae
