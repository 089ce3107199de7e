#include "models/study_table_model.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace icae {

using namespace Qt::StringLiterals;

void StudyTableModel::setDocument(StudyDocumentPtr document)
{
    StudyTable table;
    std::vector<int> cells;
    std::vector<Column> columns;
    if (document) {
        table = document->table();
        columns = columnsOf(*document, table);
        for (std::size_t i = 0; i < document->cells.size(); ++i)
            cells.insert(cells.end(), 1 + document->cells[i]->groups.size(), static_cast<int>(i));
    }
    const auto sameRows = [&] {
        return std::equal(table.rows.begin(), table.rows.end(), m_table.rows.begin(), m_table.rows.end(),
                          [](const TableRow& a, const TableRow& b) {
                              return a.cell == b.cell && a.axis == b.axis && a.group == b.group;
                          });
    };
    const bool stays = columns == m_columns && sameRows();
    if (!stays)
        beginResetModel();
    m_document = std::move(document);
    m_table = std::move(table);
    m_cells = std::move(cells);
    m_columns = std::move(columns);
    if (!stays)
        endResetModel();
    else if (!m_table.rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

std::vector<StudyTableModel::Column> StudyTableModel::columnsOf(const StudyDocument& document, const StudyTable& table)
{
    std::vector<Column> columns;
    for (const auto* field : varyingColumns(table.rows))
        columns.push_back({field, {}});
    columns.push_back({nullptr, {}});
    for (const auto& measure : document.measures)
        columns.push_back({nullptr, measure});
    return columns;
}

int StudyTableModel::cellAt(int row) const
{
    return m_cells.at(static_cast<std::size_t>(row));
}

int StudyTableModel::rowOf(int cell) const
{
    const auto found = std::find(m_cells.begin(), m_cells.end(), cell);
    return found == m_cells.end() ? -1 : static_cast<int>(found - m_cells.begin());
}

std::string StudyTableModel::measureAt(int column) const
{
    return m_columns.at(static_cast<std::size_t>(column)).measure;
}

QString StudyTableModel::copy(Format format, const QList<int>& rows) const
{
    StudyTable table{m_table.config, {}, {}, {}};
    if (rows.isEmpty())
        table.rows = m_table.rows;
    for (const int row : rows)
        table.rows.push_back(m_table.rows.at(static_cast<std::size_t>(row)));
    switch (format) {
    case Format::Csv:
        return QString::fromStdString(asCsv(table));
    case Format::Markdown:
        return QString::fromStdString(asMarkdown(table));
    case Format::Latex:
        return QString::fromStdString(asLatex(table));
    }
    return {};
}

int StudyTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
}

int StudyTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant StudyTableModel::raw(const TableRow& row, const Column& column) const
{
    if (column.field != nullptr) {
        const auto text = QString::fromStdString(column.field->of(row));
        bool isNumber = false;
        const auto number = text.toLongLong(&isNumber);
        return isNumber ? QVariant(number) : QVariant(text);
    }
    if (column.measure.empty())
        return QVariant(static_cast<qlonglong>(row.n));
    const auto* summary = row.find(column.measure);
    return summary == nullptr || std::isnan(summary->mean) ? QVariant() : QVariant(summary->mean);
}

QVariant StudyTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto& row = m_table.rows[static_cast<std::size_t>(index.row())];
    const auto& column = m_columns[static_cast<std::size_t>(index.column())];
    const auto value = raw(row, column);
    switch (role) {
    case RawRole:
        return value;
    case Qt::TextAlignmentRole:
        return QVariant::fromValue((column.field != nullptr && !column.field->isNumber ? Qt::AlignLeft : Qt::AlignRight)
                                   | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        const auto* summary = column.measure.empty() ? nullptr : row.find(column.measure);
        if (summary == nullptr || !value.isValid())
            return {};
        const auto number = [](double one) { return QLocale().toString(one, 'g', 4); };
        return tr("mean %1 (95 % bootstrap interval %2 to %3), median %4, quartiles %5 and %6, N = %L7")
            .arg(number(summary->mean), number(summary->low), number(summary->high), number(summary->median),
                 number(summary->q1), number(summary->q3))
            .arg(summary->n);
    }
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        if (!value.isValid())
            return role == Qt::DisplayRole ? u"–"_s : tr("not measured");
        if (!column.measure.empty())
            return QString::fromStdString(roundedMean(*row.find(column.measure)))
                .replace(u"."_s, QLocale().decimalPoint());
        return value.typeId() == QMetaType::LongLong ? QLocale().toString(value.toLongLong()) : value.toString();
    default:
        return {};
    }
}

QVariant StudyTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const auto& column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((column.field != nullptr && !column.field->isNumber ? Qt::AlignLeft : Qt::AlignRight)
                                   | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    if (column.field != nullptr)
        return QString::fromLatin1(column.field->title);
    if (column.measure.empty())
        return tr("N");
    const auto* measure = findStudyMeasure(column.measure);
    return QString::fromLatin1(measure->title);
}

} // namespace icae
