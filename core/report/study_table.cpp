#include "report/study_table.h"

#include "protocol/fields.h"

#include <array>
#include <map>
#include <utility>

namespace icae {

namespace {

std::optional<double> asNumber(const std::optional<std::int64_t>& value)
{
    return value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt;
}

/// Reading a text through its slots: compressed for it, or long before. Of a text itself both are the same.
std::optional<double> cachedSeconds(const StudySample& sample)
{
    if (!sample.prefillSeconds || !sample.decodeSeconds)
        return {};
    return *sample.prefillSeconds + *sample.decodeSeconds;
}

std::optional<double> anewSeconds(const StudySample& sample)
{
    const auto cached = cachedSeconds(sample);
    return cached ? std::optional(*cached + sample.compressSeconds.value_or(0)) : std::nullopt;
}

constexpr std::array measures{
    StudyMeasure{"bleu", "BLEU", true, true, [](const StudySample& s) { return s.bleu; }},
    StudyMeasure{"em", "EM", true, true, [](const StudySample& s) { return s.em; }},
    StudyMeasure{"loss", "Loss", false, false, [](const StudySample& s) { return s.loss; }},
    StudyMeasure{"loss_per_byte", "Loss a byte", false, false, [](const StudySample& s) { return s.lossPerByte; }},
    StudyMeasure{"token_accuracy", "Token accuracy", true, true, [](const StudySample& s) { return s.tokenAccuracy; }},
    StudyMeasure{"free_token_accuracy", "Token accuracy, free-running", true, true,
                 [](const StudySample& s) { return s.freeTokenAccuracy; }},
    StudyMeasure{"first_miss", "First miss", true, false, [](const StudySample& s) { return asNumber(s.firstMiss); }},
    StudyMeasure{"exact", "Exact", true, true, [](const StudySample& s) { return s.exact; }},
    StudyMeasure{"f1", "F1", true, true, [](const StudySample& s) { return s.f1; }},
    StudyMeasure{"compress_seconds", "Compressing, s", false, false,
                 [](const StudySample& s) { return s.compressSeconds; }},
    StudyMeasure{"prefill_seconds", "Prefill, s", false, false, [](const StudySample& s) { return s.prefillSeconds; }},
    StudyMeasure{"decode_seconds", "Decoding, s", false, false, [](const StudySample& s) { return s.decodeSeconds; }},
    StudyMeasure{"anew_seconds", "Compressed anew, s", false, false, anewSeconds},
    StudyMeasure{"cached_seconds", "Compressed before, s", false, false, cachedSeconds},
    StudyMeasure{"peak_bytes", "Peak, bytes", false, false, [](const StudySample& s) { return asNumber(s.peakBytes); }},
    StudyMeasure{"kv_bytes", "KV cache, bytes", false, false, [](const StudySample& s) { return asNumber(s.kvBytes); }},
};

constexpr auto missRate = "miss_rate";
constexpr auto perplexityName = "perplexity";

constexpr std::array tableMeasures{
    StudyMeasure{missRate, "Miss rate", false, true, [](const StudySample&) { return std::optional<double>(); }},
    StudyMeasure{perplexityName, "Perplexity", false, false,
                 [](const StudySample& s) { return s.loss ? std::optional(perplexity(*s.loss)) : std::nullopt; }},
};

/// e to each figure of a loss: its order and its quantiles stay what they are.
Summary perplexityOf(const Summary& loss)
{
    return {loss.n,
            perplexity(loss.mean),
            perplexity(loss.median),
            perplexity(loss.q1),
            perplexity(loss.q3),
            perplexity(loss.low),
            perplexity(loss.high)};
}

/// Values by row and measure, rows in the order in which they first come.
class Rows {
public:
    using Key = std::pair<StudyCell, std::pair<std::string, std::string>>;

    void add(const Key& key, const std::string& measure, double value)
    {
        m_values[place(key)][measure].push_back(value);
    }
    std::size_t place(const Key& key)
    {
        const auto [found, isNew] = m_places.try_emplace(key, m_rows.size());
        if (isNew) {
            m_rows.push_back({key.first, key.second.first, key.second.second, 0, {}});
            m_values.emplace_back();
        }
        return found->second;
    }
    void count(const Key& key) { ++m_rows[place(key)].n; }

    std::vector<TableRow> result(const std::vector<std::string>& order)
    {
        for (std::size_t i = 0; i < m_rows.size(); ++i)
            for (const auto& measure : order)
                if (const auto found = m_values[i].find(measure); found != m_values[i].end())
                    m_rows[i].values.push_back({measure, summarise(found->second)});
        return std::move(m_rows);
    }

private:
    std::map<Key, std::size_t> m_places;
    std::vector<TableRow> m_rows;
    std::vector<std::map<std::string, std::vector<double>>> m_values;
};

/// A cell but for the model that measured it.
StudyCell withoutModel(StudyCell cell)
{
    cell.model.clear();
    cell.step = 0;
    return cell;
}

} // namespace

std::vector<PairedDifference> pairedDifferences(const StudyConfig& config, std::span<const StudySample* const> samples)
{
    std::vector<PairedDifference> differences;
    if (config.models.size() < 2)
        return differences;
    const auto& first = config.models.front();
    std::map<std::pair<StudyCell, std::int64_t>, const StudySample*> references;
    for (const auto* sample : samples)
        if (sample->cell.model == first.name && sample->cell.step == first.step)
            references[{withoutModel(sample->cell), sample->index}] = sample;
    std::vector<StudyCell> order;
    std::map<StudyCell, std::map<std::string, std::vector<double>>> values;
    for (const auto* each : samples) {
        const auto& sample = *each;
        const auto reference = references.find({withoutModel(sample.cell), sample.index});
        if (reference == references.end() || reference->second->cell == sample.cell
            || reference->second->text != sample.text || reference->second->begin != sample.begin)
            continue;
        if (!values.contains(sample.cell))
            order.push_back(sample.cell);
        for (const auto& measure : measures)
            if (const auto a = measure.of(sample), b = measure.of(*reference->second); a && b)
                values[sample.cell][measure.name].push_back(*a - *b);
    }
    for (const auto& cell : order)
        for (const auto& measure : measures)
            if (const auto found = values[cell].find(measure.name); found != values[cell].end())
                differences.push_back({cell, first.name, first.step, {measure.name, summarise(found->second)}});
    return differences;
}

std::vector<BreakEven> breakEvens(std::span<const TableRow> rows)
{
    std::vector<BreakEven> all;
    for (const auto& slots : rows) {
        const auto* compress = slots.find("compress_seconds");
        if (compress == nullptr)
            continue;
        for (const auto& text : rows) {
            if (text.cell.context != StudyContext::Text || text.cell.tokens != slots.cell.tokens
                || text.cell.batch != slots.cell.batch || text.cell.model != slots.cell.model)
                continue;
            const auto each = [](const TableRow& row) {
                return row.find("prefill_seconds")->median + row.find("decode_seconds")->median;
            };
            const auto saved = each(text) - each(slots);
            all.push_back({slots.cell, saved > 0 ? std::optional(compress->median / saved) : std::nullopt});
        }
    }
    return all;
}

std::span<const StudyMeasure> studyMeasures()
{
    return measures;
}

std::span<const StudyMeasure> studyTableMeasures()
{
    return tableMeasures;
}

const StudyMeasure* findStudyMeasure(std::string_view name)
{
    for (const auto all : {studyMeasures(), studyTableMeasures()})
        for (const auto& measure : all)
            if (name == measure.name)
                return &measure;
    return nullptr;
}

const Summary* TableRow::find(std::string_view measure) const
{
    for (const auto& value : values)
        if (value.measure == measure)
            return &value.summary;
    return nullptr;
}

std::vector<TableRow> tableRows(StudyKind kind, std::span<const StudySample> samples)
{
    Rows rows;
    for (const auto& sample : samples) {
        rows.count({sample.cell, {}});
        for (const auto& measure : measures)
            if (const auto value = measure.of(sample))
                rows.add({sample.cell, {}}, measure.name, *value);
        for (const auto& group : sample.misses) {
            const Rows::Key key{sample.cell, {group.axis, group.group}};
            rows.count(key);
            if (group.tokens > 0)
                rows.add(key, missRate, static_cast<double>(group.missed) / static_cast<double>(group.tokens));
        }
    }
    std::vector<std::string> order;
    for (const auto& measure : measures)
        order.emplace_back(measure.name);
    order.emplace_back(missRate);
    auto result = rows.result(order);
    if (kind == StudyKind::Continuation)
        for (auto& row : result)
            if (const auto* loss = row.find("loss"))
                row.values.push_back({perplexityName, perplexityOf(*loss)});
    return result;
}

StudyTable studyTable(const StudyConfig& config, std::span<const StudySample> samples)
{
    std::vector<const StudySample*> each;
    each.reserve(samples.size());
    for (const auto& sample : samples)
        each.push_back(&sample);
    StudyTable table{config, tableRows(config.spec.kind, samples), pairedDifferences(config, each), {}};
    table.breakEven = breakEvens(table.rows);
    return table;
}

} // namespace icae
