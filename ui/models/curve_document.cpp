#include "models/curve_document.h"

#include <QCoreApplication>
#include <QLocale>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr auto none = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view lossPrefix = "losses/";

QString tr(const char* text)
{
    return QCoreApplication::translate("CurveDocument", text);
}

bool beginsWith(const std::string& text, std::string_view with)
{
    return text.compare(0, with.size(), with) == 0;
}

/// Which panel a curve belongs to, and what it is called there.
struct Placement {
    std::string panel;
    QString label;
    int order = 100;
    bool isValidation = false;
    bool higherIsBetter = false;
};

QString objectiveTitle(const std::string& name)
{
    if (name == "ae")
        return tr("reconstruct");
    if (name == "lm")
        return tr("continue");
    if (name == "ft")
        return tr("answer");
    if (name == "plain")
        return tr("plain text");
    if (name == "ft_text")
        return tr("answer from text");
    return QString::fromStdString(name);
}

Placement placementOf(const std::string& name)
{
    const auto behind = [&](std::string_view prefix) { return name.substr(prefix.size()); };
    if (name == "loss")
        return {"losses", tr("all"), 0};
    if (beginsWith(name, lossPrefix))
        return {"losses", objectiveTitle(behind(lossPrefix)), 0};
    if (beginsWith(name, "validation/")) {
        const auto what = behind("validation/");
        const auto arrow = [](std::string cell) {
            if (const auto slash = cell.find('/'); slash != std::string::npos)
                cell.replace(slash, 1, " → ");
            return QString::fromStdString(cell);
        };
        if (beginsWith(what, "loss "))
            return {"validation loss", arrow(what.substr(5)), 1, true};
        if (beginsWith(what, "bleu "))
            return {"BLEU", arrow(what.substr(5)), 2, true, true};
        if (beginsWith(what, "em "))
            return {"EM", arrow(what.substr(3)), 3, true, true};
        if (beginsWith(what, "continue after "))
            return {"continuation", tr("after %1").arg(QString::fromStdString(what.substr(15))), 4, true};
        if (beginsWith(what, "answer exact after "))
            return {"exact answers", tr("after %1").arg(QString::fromStdString(what.substr(19))), 6, true, true};
        if (beginsWith(what, "answer loss after "))
            return {"answers", tr("after %1").arg(QString::fromStdString(what.substr(18))), 5, true};
        return {"validation", QString::fromStdString(what), 7, true};
    }
    if (name == "learning_rate")
        return {name, {}, 10};
    if (name == "gradient_norm")
        return {name, {}, 11};
    if (name == "tokens_per_s")
        return {name, {}, 12};
    if (name == "memory_bytes" || name == "peak_bytes")
        return {"memory", {}, 13};
    if (const auto slash = name.find('/'); slash != std::string::npos)
        return {name.substr(0, slash), QString::fromStdString(name.substr(slash + 1)), 50};
    return {name, {}, 60};
}

QString panelTitle(const std::string& name)
{
    if (name == "losses")
        return tr("Loss");
    if (name == "validation loss")
        return tr("Validation loss");
    if (name == "continuation")
        return tr("Loss of continuing");
    if (name == "answers")
        return tr("Loss of answers");
    if (name == "exact answers")
        return tr("Exact answers");
    if (name == "validation")
        return tr("Validation");
    if (name == "learning_rate")
        return tr("Learning rate");
    if (name == "gradient_norm")
        return tr("Gradient norm");
    if (name == "tokens_per_s")
        return tr("Tokens/s");
    if (name == "memory")
        return tr("Memory, GB");
    return QString::fromStdString(name);
}

bool isLoss(const std::string& panel)
{
    return panel == "losses" || panel == "validation loss" || panel == "continuation" || panel == "answers";
}

double placeOf(const CurveRun& run, std::size_t row, CurveAxis axis)
{
    switch (axis) {
    case CurveAxis::Step:
        return static_cast<double>(run.steps[row]);
    case CurveAxis::Tokens:
        return run.tokens[row];
    case CurveAxis::Relative:
        return run.seconds[row];
    case CurveAxis::Wall:
        return run.times[row];
    }
    return none;
}

/// Where an axis is unknown in lines of evaluations, the line before says it.
std::vector<double> placesOf(const CurveRun& run, CurveAxis axis)
{
    std::vector<double> places(run.steps.size());
    double last = none;
    for (std::size_t row = 0; row < places.size(); ++row) {
        const double place = placeOf(run, row, axis);
        last = std::isnan(place) ? last : place;
        places[row] = last;
    }
    return places;
}

/// Some of a panel's values, evenly chosen: quantiles of more would be no other.
std::vector<double> someValues(const CurvePanel& panel)
{
    constexpr std::size_t most = 100'000;
    std::size_t count = 0;
    for (const auto& line : panel.lines)
        count += line.raw.size() * 2;
    const auto stride = count / most + 1;
    std::vector<double> values;
    values.reserve(std::min(count, most + panel.lines.size() * 2));
    for (const auto& line : panel.lines)
        for (const auto* all : {&line.raw, &line.smooth})
            for (std::size_t i = 0; i < all->size(); i += stride)
                if (const double value = (*all)[i]; std::isfinite(value) && (!panel.logY || value > 0))
                    values.push_back(value);
    return values;
}

/// The range that a panel shows: of what is drawn, but for outliers.
void chooseRange(CurvePanel& panel, bool clipped)
{
    double least = std::numeric_limits<double>::infinity();
    double greatest = -least;
    const auto usable = [&](double value) { return std::isfinite(value) && (!panel.logY || value > 0); };
    for (const auto& line : panel.lines)
        for (const double value : line.raw) // a mean is never beyond
            if (usable(value)) {
                least = std::min(least, value);
                greatest = std::max(greatest, value);
            }
    if (least > greatest)
        return;
    auto values = someValues(panel);
    constexpr double spread = 3; // below that a logarithmic axis has hardly a tick
    panel.logY = panel.logY && least > 0 && greatest / least >= spread;
    constexpr std::size_t enough = 50;
    if (clipped && values.size() >= enough) {
        const auto at = [&](double share) {
            const auto nth =
                values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
            std::nth_element(values.begin(), nth, values.end());
            return *nth;
        };
        const double low = at(0.01);
        const double high = at(0.99);
        const double room = panel.logY ? std::max(std::log(high / low), 0.2) : std::max(high - low, 1e-12);
        // What lies well beyond 98 % of the values is clipped; all else is shown.
        const auto above = panel.logY ? high * std::exp(room * 0.5) : high + room * 0.5;
        const auto below = panel.logY ? low * std::exp(-room * 0.5) : low - room * 0.5;
        greatest = std::min(greatest, above);
        least = std::max(least, below);
    }
    for (const auto& line : panel.lines)
        for (const double value : line.raw) {
            panel.above += usable(value) && value > greatest ? 1 : 0;
            panel.below += usable(value) && value < least ? 1 : 0;
        }
    if (panel.logY) {
        const double margin = std::pow(std::max(greatest / least, 1.02), 0.05);
        panel.leastY = least / margin;
        panel.greatestY = greatest * margin;
    } else {
        if (greatest == least) // one value: something around it
            greatest += greatest == 0 ? 1 : std::abs(greatest) * 0.1;
        const double margin = (greatest - least) * 0.05;
        panel.leastY = least >= 0 ? std::max(0.0, least - margin) : least - margin;
        panel.greatestY = greatest + margin;
    }
}

class CurveMaker {
public:
    explicit CurveMaker(CurveDocument& document)
        : m_document(document)
    {
    }

    void make()
    {
        const bool several = m_document.runs.size() > 1;
        std::map<std::pair<int, std::string>, CurvePanel> panels;
        for (std::size_t i = 0; i < m_document.runs.size(); ++i) {
            const auto& run = *m_document.runs[i];
            const auto places = placesOf(run, m_document.options.x);
            const auto add = [&](const std::string& name, const CurveRun::Column& column) {
                const auto placement = placementOf(name);
                auto& panel = panels[{placement.order, placement.panel}];
                panel.name = placement.panel;
                panel.lines.push_back(lineOf(static_cast<int>(i), name, column, placement, places));
            };
            const auto objectives = byObjective(run);
            for (const auto& [name, column] : run.columns)
                if (!beginsWith(name, lossPrefix) && (name != "loss" || objectives.size() != 1)) // an only one is all
                    add(name, column);
            for (const auto& [name, column] : objectives)
                add(name, column);
            addMarks(static_cast<int>(i), run, places);
        }
        for (auto& [key, panel] : panels)
            finish(std::move(panel), several);
        addLegend(several);
    }

private:
    using Columns = std::map<std::string, CurveRun::Column>;

    /// Lines name each objective's losses by cell, "losses/ae 512/128"; the mean of those that a line has is the
    /// objective's. A run may have dozens of cells, whose curves nobody could tell apart.
    static Columns byObjective(const CurveRun& run)
    {
        std::map<std::string, std::vector<const CurveRun::Column*>> cells;
        for (const auto& [name, column] : run.columns)
            if (beginsWith(name, lossPrefix))
                cells[name.substr(0, name.find(' '))].push_back(&column);
        Columns found;
        for (const auto& [name, parts] : cells)
            found[name] = parts.size() == 1 ? *parts.front() : meanOf(parts, run.steps.size());
        return found;
    }

    static CurveRun::Column meanOf(const std::vector<const CurveRun::Column*>& parts, std::size_t rows)
    {
        std::vector<double> sums(rows);
        std::vector<std::uint32_t> counts(rows);
        for (const auto* part : parts)
            for (std::size_t i = 0; i < part->rows.size(); ++i) {
                sums[part->rows[i]] += part->values[i];
                ++counts[part->rows[i]];
            }
        CurveRun::Column mean;
        for (std::uint32_t row = 0; row < rows; ++row)
            if (counts[row] > 0) {
                mean.rows.push_back(row);
                mean.values.push_back(sums[row] / counts[row]);
            }
        return mean;
    }

    CurveLine lineOf(int run, const std::string& name, const CurveRun::Column& column, const Placement& placement,
                     const std::vector<double>& places) const
    {
        const auto& source = *m_document.runs[static_cast<std::size_t>(run)];
        CurveLine line;
        line.run = run;
        line.name = name;
        line.label = placement.label;
        line.isValidation = placement.isValidation;
        const double scale = placement.panel == "memory" ? 1e-9 : 1;
        line.x.reserve(column.rows.size());
        line.raw.reserve(column.rows.size());
        line.steps.reserve(column.rows.size());
        for (std::size_t i = 0; i < column.rows.size(); ++i) {
            const auto row = column.rows[i];
            if (std::isnan(places[row]))
                continue;
            line.x.push_back(places[row]);
            line.raw.push_back(column.values[i] * scale);
            line.steps.push_back(source.steps[row]);
        }
        line.smooth = line.isValidation ? line.raw : smoothed(line.x, line.raw, m_document.options.smoothing);
        line.isSmoothed = !line.isValidation && m_document.options.smoothing > 0 && line.smooth != line.raw;
        line.rawExtremes = Extremes(line.raw);
        line.smoothExtremes = line.isSmoothed ? Extremes(line.smooth) : line.rawExtremes;
        if (line.isValidation)
            for (std::size_t i = 0; i < line.raw.size(); ++i) {
                const double value = line.raw[i];
                if (!std::isfinite(value))
                    continue;
                const double best = line.best < 0 ? none : line.raw[static_cast<std::size_t>(line.best)];
                if (line.best < 0 || (placement.higherIsBetter ? value > best : value < best))
                    line.best = static_cast<int>(i);
            }
        return line;
    }

    void addMarks(int index, const CurveRun& run, const std::vector<double>& places)
    {
        for (const auto& event : run.events) {
            const auto row = std::lower_bound(run.steps.begin(), run.steps.end(), event.step) - run.steps.begin();
            double x = static_cast<double>(event.step);
            if (m_document.options.x != CurveAxis::Step) {
                if (places.empty())
                    continue;
                x = places[std::min(static_cast<std::size_t>(row), places.size() - 1)];
            }
            m_document.marks.push_back({index, x, event});
        }
    }

    void finish(CurvePanel panel, bool several)
    {
        panel.title = panelTitle(panel.name);
        panel.logY = m_document.options.logLoss && isLoss(panel.name);
        std::map<QString, int> kinds; // of a line, in the order in which they come
        for (const auto& line : panel.lines)
            kinds.try_emplace(line.label, static_cast<int>(kinds.size()));
        for (auto& line : panel.lines) {
            // One run: a colour a curve. Several: a colour a run, a dash a curve.
            line.color = several ? line.run : kinds[line.label];
            line.dash = several ? kinds[line.label] : 0;
        }
        chooseRange(panel, m_document.options.clipped);
        for (const auto& line : panel.lines)
            for (const double x : line.x)
                if (std::isfinite(x) && (!m_document.options.logX || x > 0)) {
                    m_least = std::min(m_least, x);
                    m_greatest = std::max(m_greatest, x);
                }
        if (m_least < m_greatest) {
            m_document.leastX = m_least;
            m_document.greatestX = m_greatest;
        } else if (m_least == m_greatest) {
            m_document.leastX = m_least - 0.5;
            m_document.greatestX = m_least + 0.5;
        }
        m_document.panels.push_back(std::move(panel));
    }

    void addLegend(bool several)
    {
        if (several)
            for (std::size_t i = 0; i < m_document.runs.size(); ++i)
                m_document.legend.push_back({m_document.runs[i]->title, static_cast<int>(i), -1, 0, false});
    }

    CurveDocument& m_document;
    double m_least = std::numeric_limits<double>::infinity();
    double m_greatest = -std::numeric_limits<double>::infinity();
};

void flatten(const nlohmann::json& json, const std::string& name, std::map<std::string, std::string>& fields)
{
    if (json.is_object() && !json.empty()) {
        for (const auto& [key, value] : json.items())
            flatten(value, name.empty() ? key : name + "." + key, fields);
        return;
    }
    fields[name] = json.is_string() ? json.get<std::string>()
                                    : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

QString curveAxisTitle(CurveAxis axis)
{
    switch (axis) {
    case CurveAxis::Step:
        return tr("Step");
    case CurveAxis::Tokens:
        return tr("Context tokens");
    case CurveAxis::Relative:
        return tr("Seconds of work");
    case CurveAxis::Wall:
        return tr("Time of day");
    }
    return {};
}

std::vector<double> smoothed(const std::vector<double>& x, const std::vector<double>& values, double weight)
{
    if (weight <= 0 || values.size() < 2)
        return values;
    const auto first = std::find_if(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
    if (first == values.end()
        || std::all_of(first, values.end(), [&](double value) { return !std::isfinite(value) || value == *first; }))
        return values;
    // A step of a thousandth of the range has the weight that was asked for.
    constexpr double steps = 1000;
    const double range = x.back() - x.front();
    std::vector<double> result(values.size());
    double mean = 0;
    double total = 0; // of the weights, which debiases
    double lastX = x.front();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            result[i] = values[i];
            continue;
        }
        const double distance = range > 0 ? std::abs(x[i] - lastX) / range * steps : 1;
        const double kept = std::pow(weight, distance);
        mean = mean * kept + values[i] * (1 - weight);
        total = total * kept + (1 - weight);
        result[i] = mean / total;
        lastX = x[i];
    }
    return result;
}

CurveDocumentPtr makeCurves(std::vector<CurveRunPtr> runs, const CurveOptions& options)
{
    auto document = std::make_shared<CurveDocument>();
    document->options = options;
    document->runs = std::move(runs);
    document->xTitle = curveAxisTitle(options.x);
    CurveMaker(*document).make();
    QStringList names;
    for (const auto& run : document->runs)
        names.append(run->title);
    document->title = tr("Training curves of %1").arg(names.join(u", "_s));
    document->caption = names.join(u", "_s) + u". "_s
        + (options.smoothing > 0 ? tr("Lines are debiased moving averages (weight %1 a thousandth of the range); what "
                                      "was logged is drawn behind them.")
                                       .arg(options.smoothing)
                                 : tr("Lines are what was logged."));
    for (const auto& panel : document->panels) {
        if (panel.name != "validation loss")
            continue;
        for (const auto& line : panel.lines)
            if (line.run == 0 && line.best >= 0) {
                const auto at = static_cast<std::size_t>(line.best);
                document->best = tr("best %1: %2 at step %L3")
                                     .arg(line.label, measureText("loss", line.raw[at]))
                                     .arg(line.steps[at]);
                break;
            }
        break;
    }
    return document;
}

std::vector<ConfigDifference> configDifferences(const std::vector<std::string>& configs)
{
    std::vector<std::map<std::string, std::string>> fields(configs.size());
    std::set<std::string> names;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        const auto json = nlohmann::json::parse(configs[i], nullptr, false, true);
        if (!json.is_discarded())
            flatten(json, {}, fields[i]);
        for (const auto& [name, value] : fields[i])
            names.insert(name);
    }
    std::vector<ConfigDifference> differences;
    for (const auto& name : names) {
        ConfigDifference one{QString::fromStdString(name), {}};
        bool differs = false;
        for (const auto& all : fields) {
            const auto found = all.find(name);
            one.values.append(found == all.end() ? QString() : QString::fromStdString(found->second));
            differs |= one.values.back() != one.values.front();
        }
        if (differs && name != "run")
            differences.push_back(std::move(one));
    }
    return differences;
}

} // namespace icae
