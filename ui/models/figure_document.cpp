#include "models/figure_document.h"

#include "models/figure_axes.h"
#include "models/figure_lines.h"
#include "models/figure_words.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("FigureDocument", text);
}

/// Rows that have a place along an axis, with where they belong.
struct Placed {
    const TableRow* row = nullptr;
    int study = 0;
    int cell = 0;
    double x = 0;
};

/// The figures of a summary that a band shows.
FigurePoint pointOf(const Summary& summary, FigureBand band)
{
    FigurePoint point;
    point.n = summary.n;
    point.value = band == FigureBand::Quartiles ? summary.median : summary.mean;
    if (band == FigureBand::Quartiles) {
        point.low = summary.q1;
        point.high = summary.q3;
    } else if (band == FigureBand::Interval) {
        point.low = summary.low;
        point.high = summary.high;
    }
    return point;
}

/// Builds the panels of a figure.
class FigureMaker {
public:
    FigureMaker(FigureDocument& figure, const PublishedFigures& published)
        : m_figure(figure)
        , m_published(published)
    {
    }

    void lines(const std::string& measure, FigureAxis x)
    {
        FigurePanel panel = makePanel(measure, x);
        Categories categories;
        const auto placed = place(x, categories);
        std::vector<const TableRow*> rows;
        for (const auto& one : placed)
            rows.push_back(one.row);
        const FigureLines lines(rows, x);
        std::map<std::pair<int, QString>, FigureSeries> byLine;
        std::vector<std::pair<int, QString>> order;
        for (const auto& one : placed) {
            const auto* summary = one.row->find(measure);
            if (summary == nullptr)
                continue;
            const auto label = lines.labelOf(*one.row);
            auto [found, isNew] = byLine.try_emplace({one.study, label});
            auto& series = found->second;
            if (isNew) {
                order.push_back(found->first);
                series.label = label;
                series.study = one.study;
                series.dash = one.study;
                series.color = colorOf(label);
                series.marker = series.color;
            }
            auto point = pointOf(*summary, m_figure.options.band);
            point.x = one.x;
            point.cell = one.cell;
            point.hint = u"%1\n%2\n%3"_s.arg(cellHint(*one.row, x), tr("N = %1").arg(numberText(summary->n)),
                                             valueHint(measure, point, m_figure.options.band));
            series.points.push_back(std::move(point));
            if (m_figure.options.samples)
                addDots(series, one, measure);
        }
        for (const auto& key : order)
            panel.series.push_back(std::move(byLine[key]));
        if (m_figure.options.published && !isOfGroups(x))
            addPublished(panel, categories, lines);
        for (auto& series : panel.series) {
            const auto byX = [](const auto& a, const auto& b) { return a.x < b.x; };
            std::stable_sort(series.points.begin(), series.points.end(), byX);
            std::stable_sort(series.dots.begin(), series.dots.end(), byX);
        }
        panel.categories = categories.names();
        finish(panel);
        if (!panel.series.empty())
            m_figure.panels.push_back(std::move(panel));
    }

    void heat(const std::string& measure)
    {
        const auto& study = *m_figure.studies.front();
        // A map for each line that lengths and slots leave: several models, say.
        std::map<QString, std::vector<int>> maps;
        std::vector<QString> order;
        std::vector<const TableRow*> rows;
        for (const auto& cell : study.cells)
            if (cell->cell().slots > 0 && cell->cell().tokens > 0)
                rows.push_back(&cell->row);
        const FigureLines lines(rows, std::nullopt);
        for (std::size_t i = 0; i < study.cells.size(); ++i) {
            const auto& row = study.cells[i]->row;
            if (row.cell.slots <= 0 || row.cell.tokens <= 0 || row.find(measure) == nullptr)
                continue;
            const auto label = lines.labelOf(row);
            if (!maps.contains(label))
                order.push_back(label);
            maps[label].push_back(static_cast<int>(i));
        }
        for (const auto& label : order)
            m_figure.panels.push_back(heatPanel(study, measure, maps.size() > 1 ? label : QString(), maps[label]));
    }

    void legend()
    {
        auto& legend = m_figure.legend;
        for (const auto& panel : m_figure.panels)
            for (const auto& series : panel.series) {
                const FigureKey key{series.label, series.color, series.marker, series.isPublished() ? 1 : 0,
                                    series.isPublished()};
                const auto same = [&](const FigureKey& one) {
                    return one.label == key.label && one.published == key.published;
                };
                if (std::none_of(legend.begin(), legend.end(), same))
                    legend.push_back(key);
            }
        std::stable_partition(legend.begin(), legend.end(), [](const FigureKey& key) { return !key.published; });
        if (m_figure.studies.size() > 1 && m_figure.options.form == FigureForm::Lines)
            for (std::size_t i = 0; i < m_figure.studies.size(); ++i)
                legend.push_back({figureStudyName(*m_figure.studies[i]), -1, -1, static_cast<int>(i), false});
    }

private:
    FigurePanel makePanel(const std::string& measure, FigureAxis x) const
    {
        const auto* known = findStudyMeasure(measure);
        FigurePanel panel;
        panel.measure = measure;
        panel.title = QString::fromLatin1(known->title);
        panel.higherIsBetter = known->higherIsBetter;
        panel.x = x;
        panel.xTitle = figureAxisTitle(x);
        panel.joined = !isCategory(x);
        return panel;
    }

    std::vector<Placed> place(FigureAxis x, Categories& categories) const
    {
        std::vector<Placed> placed;
        for (std::size_t s = 0; s < m_figure.studies.size(); ++s) {
            const auto& cells = m_figure.studies[s]->cells;
            for (std::size_t c = 0; c < cells.size(); ++c) {
                const auto add = [&](const TableRow& row) {
                    if (const auto at = placeOf(row, x, categories); !std::isnan(at))
                        placed.push_back({&row, static_cast<int>(s), static_cast<int>(c), at});
                };
                if (isOfGroups(x))
                    for (const auto& group : cells[c]->groups)
                        add(group);
                else
                    add(cells[c]->row);
            }
        }
        return placed;
    }

    /// One colour a label, in all panels and studies.
    int colorOf(const QString& label)
    {
        return m_colors.try_emplace(label, static_cast<int>(m_colors.size())).first->second;
    }

    void addDots(FigureSeries& series, const Placed& placed, const std::string& measure) const
    {
        const auto& samples = m_figure.studies[static_cast<std::size_t>(placed.study)]
                                  ->cells[static_cast<std::size_t>(placed.cell)]
                                  ->samples;
        const auto* known = findStudyMeasure(measure);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            std::optional<double> value;
            if (placed.row->axis.empty()) {
                value = known->of(samples[i]);
            } else {
                for (const auto& group : samples[i].misses)
                    if (group.axis == placed.row->axis && group.group == placed.row->group && group.tokens > 0)
                        value = static_cast<double>(group.missed) / static_cast<double>(group.tokens);
            }
            if (value && std::isfinite(*value))
                series.dots.push_back({placed.x, *value, placed.cell, static_cast<int>(i)});
        }
    }

    void addPublished(FigurePanel& panel, Categories& categories, const FigureLines& measured)
    {
        const auto lines = panel.series.size();
        for (const auto& figure : m_published.of(m_figure.studies.front()->config.spec.kind)) {
            std::map<QString, FigureSeries> added;
            for (const auto& point : figure.points) {
                const bool total = point.measure == "seconds" && panel.measure == "anew_seconds";
                if (point.measure != panel.measure && !total)
                    continue;
                TableRow row;
                row.cell.model = point.model;
                row.cell.content = point.content;
                row.cell.context = point.context;
                row.cell.tokens = point.tokens;
                row.cell.slots = point.slots;
                row.cell.batch = std::max<std::int64_t>(1, point.batch);
                FigurePoint place;
                place.x = placeOf(row, panel.x, categories);
                if (std::isnan(place.x))
                    continue;
                place.value = point.value;
                place.bound = QString::fromStdString(point.bound);
                auto label = QString::fromStdString(figure.source).section(u" and "_s, 0, 0);
                if (!point.model.empty() && panel.x != FigureAxis::Model)
                    label += u", "_s + QString::fromStdString(point.model);
                const auto like = measured.labelOf(row);
                if (lines > 1)
                    label += u": "_s + like;
                auto& series = added[label];
                series.label = label;
                series.study = -1;
                series.dash = 1;
                const auto color = m_colors.find(like);
                series.color = color == m_colors.end() ? -1 : color->second;
                series.marker = -1;
                const auto statistic = point.statistic == "median" ? tr("median") : tr("mean");
                const auto value = measureText(panel.measure, point.value);
                place.hint =
                    u"%1 (%2)\n%3\n%4: %5 %6"_s.arg(m_published.paper, figure.label(), cellHint(row, panel.x),
                                                    panel.title, point.statistic.empty() ? QString() : statistic,
                                                    point.bound.empty() ? value : tr("%1 %2").arg(place.bound, value));
                series.points.push_back(std::move(place));
            }
            for (auto& [label, series] : added)
                panel.series.push_back(std::move(series));
        }
    }

    FigurePanel heatPanel(const StudyDocument& study, const std::string& measure, const QString& label,
                          const std::vector<int>& cells) const
    {
        auto panel = makePanel(measure, FigureAxis::Tokens);
        if (!label.isEmpty())
            panel.title = tr("%1, %2").arg(panel.title, label);
        panel.rowTitle = figureAxisTitle(FigureAxis::Slots);
        std::set<std::int64_t> tokens;
        std::set<std::int64_t> slots;
        for (const int index : cells) {
            const auto& cell = study.cells[static_cast<std::size_t>(index)]->cell();
            tokens.insert(cell.tokens);
            slots.insert(cell.slots);
        }
        for (const auto count : tokens)
            panel.categories.append(numberText(count));
        for (const auto count : slots)
            panel.rowNames.append(numberText(count));
        panel.leastY = std::numeric_limits<double>::infinity();
        panel.greatestY = -panel.leastY;
        for (const int index : cells) {
            const auto& row = study.cells[static_cast<std::size_t>(index)]->row;
            const auto* summary = row.find(measure);
            FigureField field;
            field.column = static_cast<int>(std::distance(tokens.begin(), tokens.find(row.cell.tokens)));
            field.row = static_cast<int>(std::distance(slots.begin(), slots.find(row.cell.slots)));
            field.point = pointOf(*summary, m_figure.options.band);
            field.point.cell = index;
            field.point.hint =
                u"%1\n%2\n%3"_s.arg(cellHint(row, FigureAxis::Tokens), tr("N = %1").arg(numberText(summary->n)),
                                    valueHint(measure, field.point, m_figure.options.band));
            if (std::isfinite(field.point.value)) {
                panel.leastY = std::min(panel.leastY, field.point.value);
                panel.greatestY = std::max(panel.greatestY, field.point.value);
            }
            panel.fields.push_back(std::move(field));
        }
        if (findStudyMeasure(measure)->isShare) {
            panel.leastY = 0;
            panel.greatestY = 1;
        } else if (panel.leastY >= panel.greatestY) {
            panel.greatestY = panel.leastY + 1;
        }
        return panel;
    }

    /// Ticks, scales and what an unzoomed view shows.
    void finish(FigurePanel& panel) const
    {
        std::set<double> places;
        double least = std::numeric_limits<double>::infinity();
        double greatest = -least;
        double leastPositive = least;
        double leastX = least;
        double greatestX = -least;
        const auto see = [&](double value) {
            if (!std::isfinite(value))
                return;
            least = std::min(least, value);
            greatest = std::max(greatest, value);
            if (value > 0)
                leastPositive = std::min(leastPositive, value);
        };
        for (const auto& series : panel.series) {
            for (const auto& point : series.points) {
                if (!series.isPublished())
                    places.insert(point.x);
                leastX = std::min(leastX, point.x);
                greatestX = std::max(greatestX, point.x);
                see(point.value);
                see(point.low);
                see(point.high);
            }
            for (const auto& dot : series.dots)
                see(dot.value);
        }
        panel.ticks.assign(places.begin(), places.end());
        const auto& options = m_figure.options;
        if (!panel.categories.isEmpty()) {
            panel.leastX = -0.5;
            panel.greatestX = static_cast<double>(panel.categories.size()) - 0.5;
        } else {
            const bool spaced =
                panel.x != FigureAxis::Step && !isOfGroups(panel.x) && leastX > 0 && greatestX >= 4 * leastX;
            panel.logX = leastX > 0 && !isOfGroups(panel.x) && options.logX.value_or(spaced);
            if (panel.logX) {
                const auto room = std::max(1.12, std::pow(greatestX / leastX, 0.06));
                panel.leastX = leastX / room;
                panel.greatestX = greatestX * room;
            } else {
                const auto room = greatestX > leastX ? (greatestX - leastX) * 0.06 : std::max(1.0, leastX * 0.1);
                panel.leastX = leastX - room;
                panel.greatestX = greatestX + room;
            }
        }
        const auto* known = findStudyMeasure(panel.measure);
        const bool isTime = m_figure.studies.front()->config.spec.kind == StudyKind::Latency;
        panel.logY = leastPositive < greatest && options.logY.value_or(isTime && greatest > 20 * leastPositive);
        if (panel.logY) {
            panel.leastY = leastPositive / 1.3;
            panel.greatestY = greatest * 1.3;
        } else if (known->isShare) {
            panel.leastY = -0.03;
            panel.greatestY = 1.03;
        } else if (!std::isfinite(least)) {
            panel.leastY = 0;
            panel.greatestY = 1;
        } else {
            const bool fromZero = least >= 0 && least < 0.6 * greatest;
            const auto room = std::max((greatest - (fromZero ? 0 : least)) * 0.06, 1e-9);
            panel.leastY = fromZero ? -room / 2 : least - room;
            panel.greatestY = greatest + room;
        }
    }

    FigureDocument& m_figure;
    const PublishedFigures& m_published;
    std::map<QString, int> m_colors;
};

} // namespace

const StudySample* FigureDocument::find(const FigureSample& sample) const
{
    if (sample.study < 0 || sample.study >= std::ssize(studies))
        return nullptr;
    const auto& cells = studies[static_cast<std::size_t>(sample.study)]->cells;
    if (sample.cell < 0 || sample.cell >= std::ssize(cells))
        return nullptr;
    const auto& samples = cells[static_cast<std::size_t>(sample.cell)]->samples;
    return sample.sample < 0 || sample.sample >= std::ssize(samples)
        ? nullptr
        : &samples[static_cast<std::size_t>(sample.sample)];
}

FigureDocumentPtr makeFigure(std::vector<StudyDocumentPtr> studies, const FigureOptions& options,
                             const PublishedFigures& published)
{
    auto figure = std::make_shared<FigureDocument>();
    figure->options = options;
    figure->studies = std::move(studies);
    if (figure->studies.empty() || figure->studies.front()->cells.empty())
        return figure;
    const auto& first = *figure->studies.front();
    const auto axes = figureAxes(first);
    const auto x = options.x.value_or(axes.front());
    auto measures = options.measures.empty() ? standardMeasures(first) : options.measures;
    std::erase_if(measures, [](const std::string& name) { return findStudyMeasure(name) == nullptr; });
    FigureMaker maker(*figure, published);
    if (options.form == FigureForm::HeatMap) {
        for (const auto& measure : measures)
            maker.heat(measure);
    } else if (isOfGroups(x)) {
        for (const auto axis : options.x ? std::vector{x} : axes)
            if (isOfGroups(axis))
                maker.lines("miss_rate", axis);
    } else {
        for (const auto& measure : measures)
            maker.lines(measure, x);
    }
    maker.legend();
    figure->title = first.title();
    figure->bandText = figureBandText(options);
    figure->caption = figureCaption(*figure, published);
    return figure;
}

} // namespace icae
