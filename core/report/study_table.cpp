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

constexpr std::array measures{
    StudyMeasure{"bleu", "BLEU", true, [](const StudySample& s) { return s.bleu; }},
    StudyMeasure{"em", "EM", true, [](const StudySample& s) { return s.em; }},
    StudyMeasure{"loss", "Loss", false, [](const StudySample& s) { return s.loss; }},
    StudyMeasure{"loss_per_byte", "Loss a byte", false, [](const StudySample& s) { return s.lossPerByte; }},
    StudyMeasure{"token_accuracy", "Token accuracy", true, [](const StudySample& s) { return s.tokenAccuracy; }},
    StudyMeasure{"free_token_accuracy", "Token accuracy, free-running", true,
                 [](const StudySample& s) { return s.freeTokenAccuracy; }},
    StudyMeasure{"first_miss", "First miss", true, [](const StudySample& s) { return asNumber(s.firstMiss); }},
    StudyMeasure{"exact", "Exact", true, [](const StudySample& s) { return s.exact; }},
    StudyMeasure{"f1", "F1", true, [](const StudySample& s) { return s.f1; }},
    StudyMeasure{"compress_seconds", "Compressing, s", false, [](const StudySample& s) { return s.compressSeconds; }},
    StudyMeasure{"prefill_seconds", "Prefill, s", false, [](const StudySample& s) { return s.prefillSeconds; }},
    StudyMeasure{"decode_seconds", "Decoding, s", false, [](const StudySample& s) { return s.decodeSeconds; }},
    StudyMeasure{"peak_bytes", "Peak, bytes", false, [](const StudySample& s) { return asNumber(s.peakBytes); }},
    StudyMeasure{"kv_bytes", "KV cache, bytes", false, [](const StudySample& s) { return asNumber(s.kvBytes); }},
};

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

std::vector<PairedDifference> differencesOf(const StudyConfig& config, std::span<const StudySample> samples)
{
    std::vector<PairedDifference> differences;
    if (config.models.size() < 2)
        return differences;
    const auto& first = config.models.front();
    std::map<std::pair<StudyCell, std::int64_t>, const StudySample*> references;
    for (const auto& sample : samples)
        if (sample.cell.model == first.name && sample.cell.step == first.step)
            references[{withoutModel(sample.cell), sample.index}] = &sample;
    std::vector<StudyCell> order;
    std::map<StudyCell, std::map<std::string, std::vector<double>>> values;
    for (const auto& sample : samples) {
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

std::vector<BreakEven> breakEvensOf(const std::vector<TableRow>& rows)
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

} // namespace

std::span<const StudyMeasure> studyMeasures()
{
    return measures;
}

const Summary* TableRow::find(std::string_view measure) const
{
    for (const auto& value : values)
        if (value.measure == measure)
            return &value.summary;
    return nullptr;
}

StudyTable studyTable(const StudyConfig& config, std::span<const StudySample> samples)
{
    constexpr auto missRate = "miss_rate";
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
    StudyTable table{config, rows.result(order), differencesOf(config, samples), {}};
    table.breakEven = breakEvensOf(table.rows);
    return table;
}

} // namespace icae
