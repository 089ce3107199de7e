#include "models/study_document.h"

#include "protocol/error.h"
#include "runs/run_reader.h"

#include <QCoreApplication>
#include <QDir>
#include <QStringList>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

namespace icae {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("StudyDocument", text);
}

/// Order of groups: axes as they come, tenths by number, classes from words on.
int placeOf(const std::string& group)
{
    constexpr std::array classes{"word", "name", "digit", "punctuation", "code", "other"};
    const auto found = std::find(classes.begin(), classes.end(), group);
    return found == classes.end() ? std::atoi(group.c_str()) : static_cast<int>(found - classes.begin());
}

MeasuredCellPtr measured(StudyKind kind, std::vector<StudySample> samples)
{
    // Of samples that were written twice the last one counts.
    std::stable_sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    std::vector<StudySample> once;
    once.reserve(samples.size());
    for (auto& sample : samples)
        if (!once.empty() && once.back().index == sample.index)
            once.back() = std::move(sample);
        else
            once.push_back(std::move(sample));
    auto cell = std::make_shared<MeasuredCell>();
    auto rows = tableRows(kind, once);
    for (auto& row : rows)
        (row.axis.empty() ? cell->row : cell->groups.emplace_back()) = std::move(row);
    std::stable_sort(cell->groups.begin(), cell->groups.end(), [](const TableRow& a, const TableRow& b) {
        return a.axis == b.axis && placeOf(a.group) < placeOf(b.group);
    });
    cell->samples = std::move(once);
    return cell;
}

/// Sorts cells as the grid has them, however they were measured.
class GridOrder {
public:
    explicit GridOrder(const StudyConfig& config)
    {
        for (const auto& model : config.models)
            m_models.try_emplace(model.name, m_models.size());
    }

    bool operator()(const MeasuredCellPtr& a, const MeasuredCellPtr& b) const
    {
        return key(a->cell()) < key(b->cell());
    }

private:
    std::tuple<std::size_t, StudyCell> key(const StudyCell& cell) const
    {
        const auto found = m_models.find(cell.model);
        return {found == m_models.end() ? m_models.size() : found->second, cell};
    }

    std::map<std::string, std::size_t> m_models;
};

/// What follows from a document's cells.
void complete(StudyDocument& document)
{
    std::sort(document.cells.begin(), document.cells.end(), GridOrder(document.config));
    std::vector<TableRow> rows;
    std::vector<const StudySample*> samples;
    document.samples = 0;
    for (const auto& cell : document.cells) {
        rows.push_back(cell->row);
        document.samples += std::ssize(cell->samples);
        for (const auto& sample : cell->samples)
            samples.push_back(&sample);
    }
    document.differences = pairedDifferences(document.config, samples);
    document.breakEven = breakEvens(rows);
    for (const auto& cell : document.cells)
        rows.insert(rows.end(), cell->groups.begin(), cell->groups.end());
    const auto names = measuresOf(rows);
    document.measures.clear();
    for (const auto all : {studyMeasures(), studyTableMeasures()})
        for (const auto& measure : all)
            if (std::find(names.begin(), names.end(), measure.name) != names.end())
                document.measures.emplace_back(measure.name);
}

} // namespace

QString StudyDocument::title() const
{
    if (!config.spec.title.empty())
        return QString::fromStdString(config.spec.title);
    QStringList models;
    for (const auto& cell : cells)
        if (const auto name = QString::fromStdString(cell->cell().model); !models.contains(name))
            models.append(name);
    if (models.isEmpty())
        return studyKindTitle(config.spec.kind);
    return tr("%1, %2").arg(studyKindTitle(config.spec.kind), models.join(tr(" and ")));
}

std::int64_t StudyDocument::samplesACell() const
{
    std::int64_t most = 0;
    for (const auto& cell : cells)
        most = std::max(most, cell->row.n);
    return most;
}

int StudyDocument::indexOf(const StudyCell& cell) const
{
    const auto found =
        std::find_if(cells.begin(), cells.end(), [&](const MeasuredCellPtr& one) { return one->cell() == cell; });
    return found == cells.end() ? -1 : static_cast<int>(found - cells.begin());
}

StudyTable StudyDocument::table() const
{
    StudyTable table{config, {}, differences, breakEven};
    for (const auto& cell : cells) {
        table.rows.push_back(cell->row);
        table.rows.insert(table.rows.end(), cell->groups.begin(), cell->groups.end());
    }
    return table;
}

std::vector<int> StudyDocument::worstFirst(int cell, std::string_view measure) const
{
    const auto* known = findStudyMeasure(measure);
    if (known == nullptr || cell < 0 || cell >= std::ssize(cells))
        return {};
    std::vector<std::pair<double, int>> values;
    const auto& all = cells[static_cast<std::size_t>(cell)]->samples;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (const auto value = known->of(all[i]); value && !std::isnan(*value))
            values.emplace_back(known->higherIsBetter ? *value : -*value, static_cast<int>(i));
    std::sort(values.begin(), values.end());
    std::vector<int> order;
    order.reserve(values.size());
    for (const auto& [value, index] : values)
        order.push_back(index);
    return order;
}

int StudyDocument::medianSample(int cell, std::string_view measure) const
{
    const auto order = worstFirst(cell, measure);
    return order.empty() ? -1 : order[order.size() / 2];
}

StudyDocumentPtr makeStudyDocument(const QString& run, StudyConfig config, std::vector<StudySample> samples,
                                   std::int64_t damaged)
{
    StudyDocument empty;
    empty.run = run;
    return appendSamples(empty, std::move(config), std::move(samples), damaged);
}

StudyDocumentPtr appendSamples(const StudyDocument& before, StudyConfig config, std::vector<StudySample> samples,
                               std::int64_t damaged)
{
    auto document = std::make_shared<StudyDocument>(before);
    document->config = std::move(config);
    document->damaged += damaged;
    std::map<StudyCell, std::vector<StudySample>> added;
    for (auto& sample : samples)
        added[sample.cell].push_back(std::move(sample));
    const auto kind = document->config.spec.kind;
    for (auto& cell : document->cells)
        if (const auto more = added.find(cell->cell()); more != added.end()) {
            auto all = cell->samples;
            std::move(more->second.begin(), more->second.end(), std::back_inserter(all));
            cell = measured(kind, std::move(all));
            added.erase(more);
        }
    for (auto& [cell, fresh] : added)
        document->cells.push_back(measured(kind, std::move(fresh)));
    complete(*document);
    return document;
}

StudyDocumentPtr readStudyFolder(const QString& folder, bool texts)
{
    const std::filesystem::path run = folder.toStdString();
    if (!QDir(folder).exists())
        throw Error(ErrorKind::NotFound, "There is no folder " + run.string() + ".", "Name the folder of a study.");
    StudyConfig config;
    try {
        config = readStudyConfig(run);
    } catch (const Error& error) {
        throw Error(error.kind(), run.string() + " holds no study that can be read.",
                    "Name the folder that `icae study --run` wrote, with its config.json and cells.jsonl.",
                    error.message());
    }
    auto cells = readAllSamples(run, texts);
    if (cells.samples.empty())
        throw Error(ErrorKind::InvalidInput, "The study in " + run.string() + " has no samples yet.",
                    "Let it measure some first: icae study --run " + run.string() + " --resume");
    return makeStudyDocument(folder, std::move(config), std::move(cells.samples), cells.damaged);
}

QString studyKindTitle(StudyKind kind)
{
    switch (kind) {
    case StudyKind::Length:
        return tr("Reconstruction by length");
    case StudyKind::Slots:
        return tr("Reconstruction by slots");
    case StudyKind::Content:
        return tr("Reconstruction by content");
    case StudyKind::Continuation:
        return tr("Continuation");
    case StudyKind::Models:
        return tr("Models compared");
    case StudyKind::Latency:
        return tr("Latency");
    case StudyKind::Questions:
        return tr("Questions answered");
    case StudyKind::Position:
        return tr("Misses by position");
    }
    return {};
}

QString studyContentTitle(StudyContent content)
{
    switch (content) {
    case StudyContent::Normal:
        return tr("normal");
    case StudyContent::Patterned:
        return tr("patterned");
    case StudyContent::Random:
        return tr("random");
    case StudyContent::Shuffled:
        return tr("shuffled");
    case StudyContent::Code:
        return tr("code");
    case StudyContent::Table:
        return tr("table");
    case StudyContent::Numbers:
        return tr("numbers");
    case StudyContent::Language:
        return tr("Polish");
    }
    return {};
}

QString studyContextTitle(StudyContext context)
{
    switch (context) {
    case StudyContext::Slots:
        return tr("slots");
    case StudyContext::Text:
        return tr("text");
    case StudyContext::Nothing:
        return tr("nothing");
    case StudyContext::Cut:
        return tr("cut text");
    }
    return {};
}

} // namespace icae
