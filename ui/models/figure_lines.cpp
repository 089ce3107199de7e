#include "models/figure_lines.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <set>
#include <tuple>

namespace icae {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("FigureDocument", text);
}

QString numberText(std::int64_t number)
{
    return QLocale().toString(static_cast<qlonglong>(number));
}

/// A row's place along the axis; rows of one line differ in it.
std::tuple<double, double, std::string> placeOf(const TableRow& row, std::optional<FigureAxis> x)
{
    const auto& cell = row.cell;
    const auto number = [](std::int64_t value) { return static_cast<double>(value); };
    if (!x)
        return {number(cell.tokens), number(cell.slots), {}};
    switch (*x) {
    case FigureAxis::Tokens:
        return {number(cell.tokens), 0, {}};
    case FigureAxis::Slots:
        return {number(cell.slots), 0, {}};
    case FigureAxis::Ratio:
        return {number(cell.tokens) / number(std::max<std::int64_t>(1, cell.slots)), 0, {}};
    case FigureAxis::Spans:
        return {number(cell.spans), 0, {}};
    case FigureAxis::Batch:
        return {number(cell.batch), 0, {}};
    case FigureAxis::Step:
        return {number(cell.step), 0, {}};
    case FigureAxis::Content:
        return {number(static_cast<std::int64_t>(cell.content)), 0, {}};
    case FigureAxis::Context:
        return {number(static_cast<std::int64_t>(cell.context)), 0, {}};
    case FigureAxis::Model:
        return {number(cell.step), 0, cell.model};
    case FigureAxis::Place:
    case FigureAxis::Surprisal:
    case FigureAxis::Class:
        return {0, 0, row.group};
    }
    return {};
}

} // namespace

FigureLines::FigureLines(std::span<const TableRow* const> rows, std::optional<FigureAxis> x)
{
    std::array<bool, FieldCount> along{}; // what a line runs through
    const auto runs = [&](std::initializer_list<Field> fields) {
        for (const auto field : fields)
            along.at(field) = true;
    };
    if (!x) {
        runs({Tokens, Slots, Spans});
    } else {
        switch (*x) {
        case FigureAxis::Tokens:
        case FigureAxis::Ratio:
            runs({Tokens, Spans});
            break;
        case FigureAxis::Slots:
            runs({Slots});
            break;
        case FigureAxis::Spans:
            runs({Spans});
            break;
        case FigureAxis::Batch:
            runs({Batch});
            break;
        case FigureAxis::Step:
            runs({Step});
            break;
        case FigureAxis::Content:
            runs({Content});
            break;
        case FigureAxis::Context:
            runs({Context});
            break;
        case FigureAxis::Model:
            runs({Model, Step});
            break;
        case FigureAxis::Place:
        case FigureAxis::Surprisal:
        case FigureAxis::Class:
            break;
        }
    }
    std::array<std::set<QString>, FieldCount> values;
    for (const auto* row : rows)
        for (int field = 0; field < FieldCount; ++field)
            if (const auto text = textOf(*row, static_cast<Field>(field)); !text.isEmpty())
                values.at(static_cast<std::size_t>(field)).insert(text);
    for (std::size_t field = 0; field < FieldCount; ++field)
        m_told.at(field) = !along.at(field) && values.at(field).size() > 1;
    // The only line is named by what is the same all along it.
    for (const auto field : {Slots, Tokens, Model})
        if (m_only.isEmpty() && !along.at(field) && values.at(field).size() == 1)
            m_only = *values.at(field).begin();
    // Two rows at one place cannot be on one line: then what a line was to run through tells them apart.
    const auto collide = [&] {
        std::set<std::pair<QString, std::tuple<double, double, std::string>>> seen;
        std::set<StudyCell> cells;
        for (const auto* row : rows) {
            const auto cell = row->cell;
            if (x && (*x == FigureAxis::Place || *x == FigureAxis::Surprisal || *x == FigureAxis::Class)) {
                if (!seen.emplace(labelOf(*row), placeOf(*row, x)).second)
                    return true;
            } else if (cells.insert(cell).second && !seen.emplace(labelOf(*row), placeOf(*row, x)).second) {
                return true;
            }
        }
        return false;
    };
    for (const auto field : {Spans, Tokens, Slots, Step, Model, Context, Content, Batch})
        if (along.at(field) && values.at(field).size() > 1 && collide())
            m_told.at(field) = true;
}

QString FigureLines::labelOf(const TableRow& row) const
{
    QStringList parts;
    for (std::size_t field = 0; field < FieldCount; ++field)
        if (m_told.at(field))
            if (const auto text = textOf(row, static_cast<Field>(field)); !text.isEmpty())
                parts.append(text);
    if (!parts.isEmpty())
        return parts.join(tr(", "));
    return m_only;
}

QString FigureLines::textOf(const TableRow& row, Field field)
{
    const auto& cell = row.cell;
    const auto spans = std::max<std::int64_t>(1, cell.spans);
    switch (field) {
    case Model:
        return QString::fromStdString(cell.model);
    case Step:
        return cell.step > 0 ? tr("step %1").arg(numberText(cell.step)) : QString();
    case Content:
        return studyContentTitle(cell.content);
    case Context:
        return studyContextTitle(cell.context);
    case Tokens:
        return cell.tokens > 0 ? tr("%1 tokens").arg(numberText(cell.tokens / spans)) : QString();
    case Slots:
        return cell.context == StudyContext::Slots && cell.slots > 0 ? tr("k = %1").arg(numberText(cell.slots / spans))
                                                                     : QString();
    case Spans:
        return cell.spans == 1 ? tr("1 span") : tr("%1 spans").arg(numberText(cell.spans));
    case Batch:
        return tr("batch %1").arg(numberText(cell.batch));
    case FieldCount:
        break;
    }
    return {};
}

} // namespace icae
