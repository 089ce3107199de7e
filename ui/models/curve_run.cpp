#include "models/curve_run.h"

#include "models/plain_json.h"
#include "protocol/run_status.h"
#include "report/csv_cell.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace icae {

namespace {

constexpr auto none = std::numeric_limits<double>::quiet_NaN();
constexpr int deepest = 4; // objects in objects; what lies below is no curve

/// Drops what was logged of a step and of later ones.
void forgetFrom(CurveRun& run, std::int64_t step)
{
    for (auto it = run.columns.begin(); it != run.columns.end();) {
        auto& column = it->second;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < column.rows.size(); ++i) {
            if (run.steps[column.rows[i]] >= step)
                continue;
            column.rows[kept] = column.rows[i];
            column.values[kept++] = column.values[i];
        }
        column.rows.resize(kept);
        column.values.resize(kept);
        it = kept == 0 ? run.columns.erase(it) : std::next(it);
    }
}

/// Takes the numbers of a line into a run without building a tree: lines come by the hundred thousand.
class LineReader : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit LineReader(CurveRun& run)
        : m_run(run)
    {
    }

    /// @return false where the line is damaged; nothing of it was taken
    bool read(std::string_view line)
    {
        begin();
        if (!PlainJson(line, *this).read()) {
            begin();
            if (!nlohmann::json::sax_parse(line, this))
                return false;
        }
        if (std::isnan(m_step))
            return false;
        const auto step = static_cast<std::int64_t>(m_step);
        if (m_restarts) {
            forgetFrom(m_run, step);
            for (auto& number : m_numbers) // columns may be gone
                number.column = nullptr;
        }
        if (m_isEvent) {
            m_event.step = step;
            m_run.events.push_back(m_event);
        }
        if (m_count == 0)
            return true;
        const auto row = static_cast<std::uint32_t>(m_run.steps.size());
        m_run.steps.push_back(step);
        m_run.seconds.push_back(m_seconds);
        m_run.times.push_back(m_time);
        m_run.tokens.push_back(m_tokens);
        for (std::size_t i = 0; i < m_count; ++i) {
            auto& number = m_numbers[i];
            if (number.column == nullptr)
                number.column = &m_run.columns[number.name];
            number.column->rows.push_back(row);
            number.column->values.push_back(number.value);
        }
        return true;
    }

    bool null() override { return number(none); } // how JSON writes what is no number
    bool boolean(bool value) override
    {
        m_restarts = m_restarts || (value && m_depth == 1 && m_key == "restart");
        return true;
    }
    bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
    bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
    bool number_float(number_float_t value, const string_t& /*text*/) override { return number(value); }
    bool string(string_t& text) override
    {
        if (m_inArray > 0)
            return true;
        if (m_depth == 1 && m_key == "event") {
            m_isEvent = true;
            m_event.kind = text;
            const auto names = namesOf(RunEventKind());
            const auto named = std::find(names.begin(), names.end(), text);
            m_event.isAlert = named != names.end() && isAlert(static_cast<RunEventKind>(named - names.begin()));
        } else if (m_depth == 1 && m_key == "sentence") {
            m_event.text = QString::fromStdString(text);
        } else if (m_depth == 1 && m_key == "remedy") {
            m_event.remedy = QString::fromStdString(text);
        }
        return true;
    }
    bool binary(binary_t& /*value*/) override { return true; }
    bool start_object(std::size_t /*count*/) override
    {
        if (++m_depth > deepest)
            return false;
        if (m_depth > 1)
            m_keys.push_back(m_key);
        return true;
    }
    bool key(string_t& name) override
    {
        m_key = name;
        return true;
    }
    bool end_object() override
    {
        if (m_depth-- > 1)
            m_keys.pop_back();
        return true;
    }
    bool start_array(std::size_t /*count*/) override
    {
        ++m_inArray;
        return true;
    }
    bool end_array() override
    {
        --m_inArray;
        return true;
    }
    bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) override
    {
        return false;
    }

private:
    /// Lines follow each other with the same names: a number's place among them is where its column was last.
    struct Number {
        std::string name;
        double value = none;
        CurveRun::Column* column = nullptr; ///< of that name, once it is known
    };

    void begin()
    {
        m_count = 0;
        m_event = {};
        m_isEvent = false;
        m_keys.clear();
        m_depth = 0;
        m_inArray = 0;
        m_restarts = false;
        m_step = none;
        m_seconds = none;
        m_time = none;
        m_tokens = none;
    }

    bool number(double value)
    {
        if (m_inArray > 0 || m_depth == 0)
            return true;
        if (m_depth == 1) {
            for (auto [name, to] : {std::pair{"step", &m_step},
                                    {"seconds", &m_seconds},
                                    {"time", &m_time},
                                    {"wall_time", &m_time},
                                    {"tokens", &m_tokens}}) {
                if (m_key == name) {
                    *to = value;
                    return true;
                }
            }
        }
        m_name.clear();
        for (const auto& key : m_keys)
            if (key != "values") // a foreign run's: its tags name themselves
                (m_name += key) += '/';
        m_name += m_key;
        if (m_count == m_numbers.size())
            m_numbers.emplace_back();
        auto& number = m_numbers[m_count++];
        if (number.name != m_name) {
            number.name = m_name;
            number.column = nullptr;
        }
        number.value = value;
        return true;
    }

    CurveRun& m_run;
    std::vector<Number> m_numbers; ///< of this line, and as many as any line before had
    std::size_t m_count = 0; ///< of this line's
    std::string m_name;
    CurveEvent m_event;
    bool m_isEvent = false;
    bool m_restarts = false; ///< a foreign run went on from an earlier step
    std::vector<std::string> m_keys;
    std::string m_key;
    int m_depth = 0;
    int m_inArray = 0;
    double m_step = none;
    double m_seconds = none;
    double m_time = none;
    double m_tokens = none;
};

template <typename Take> void forEachLine(std::string_view lines, const Take& take)
{
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        if (end > 0)
            take(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
}

std::optional<CurveSample> sampleOf(std::string_view line)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    CurveSample sample;
    try {
        sample.step = json.at("step").get<std::int64_t>();
        sample.tokens = json.value("tokens", std::int64_t{0});
        sample.slots = json.value("slots", std::int64_t{0});
        const auto measure = [&](const char* name) {
            return json.contains(name) && json[name].is_number() ? json[name].get<double>() : none;
        };
        sample.bleu = measure("bleu");
        sample.em = measure("em");
        sample.loss = measure("loss");
        sample.reference = json.at("reference").get<std::string>();
        sample.hypothesis = json.at("hypothesis").get<std::string>();
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
    return sample;
}

/// @param unknown what stands for no number
void addNumber(std::string& csv, double value, std::string_view unknown = {})
{
    csv += ',';
    if (std::isnan(value)) {
        csv += unknown;
        return;
    }
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    csv.append(buffer.data(), end);
}

} // namespace

std::size_t CurveRun::points() const
{
    std::size_t count = 0;
    for (const auto& [name, column] : columns)
        count += column.values.size();
    return count;
}

CurveRunPtr appendLines(const CurveRunPtr& before, const QString& run, std::string_view metrics,
                        std::string_view samples)
{
    auto grown = before ? std::make_shared<CurveRun>(*before) : std::make_shared<CurveRun>();
    grown->run = run;
    grown->title = run.section(u'/', -1);
    LineReader reader(*grown);
    forEachLine(metrics, [&](std::string_view line) {
        if (!reader.read(line))
            ++grown->damaged;
    });
    forEachLine(samples, [&](std::string_view line) {
        if (auto sample = sampleOf(line))
            grown->samples.push_back(std::move(*sample));
        else
            ++grown->damaged;
    });
    return grown;
}

CurveRunPtr withoutMetrics(const CurveRunPtr& before)
{
    if (!before)
        return nullptr;
    auto kept = std::make_shared<CurveRun>();
    kept->run = before->run;
    kept->title = before->title;
    kept->samples = before->samples;
    return kept;
}

CurveRunPtr withoutSamples(const CurveRunPtr& before)
{
    if (!before)
        return nullptr;
    auto kept = std::make_shared<CurveRun>(*before);
    kept->samples.clear();
    return kept;
}

std::string curvesAsCsv(const std::vector<CurveRunPtr>& runs)
{
    std::string csv = "run,curve,step,tokens,seconds,time,value\n";
    for (const auto& run : runs)
        for (const auto& [name, column] : run->columns)
            for (std::size_t i = 0; i < column.rows.size(); ++i) {
                const auto row = column.rows[i];
                csv += csvCell(run->title.toStdString()) + ',' + csvCell(name) + ',' + std::to_string(run->steps[row]);
                addNumber(csv, run->tokens[row]);
                addNumber(csv, run->seconds[row]);
                addNumber(csv, run->times[row]);
                addNumber(csv, column.values[i], "nan");
                csv += '\n';
            }
    return csv;
}

} // namespace icae
