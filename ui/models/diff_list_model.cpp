#include "models/diff_list_model.h"

#include <algorithm>

namespace icae {

void DiffListModel::setDocument(DiffDocumentPtr document)
{
    beginResetModel();
    m_document = std::move(document);
    rebuild();
    endResetModel();
}

void DiffListModel::setFilter(const std::vector<DifferenceClass>& shown)
{
    beginResetModel();
    m_filter = shown;
    rebuild();
    endResetModel();
}

void DiffListModel::rebuild()
{
    m_rows.clear();
    if (!m_document)
        return;
    for (std::size_t i = 0; i < m_document->differences.size(); ++i) {
        const auto errorClass = m_document->differences[i].errorClass;
        if (m_filter.empty() || std::find(m_filter.begin(), m_filter.end(), errorClass) != m_filter.end())
            m_rows.push_back(static_cast<int>(i));
    }
}

int DiffListModel::differenceAt(int row) const
{
    return m_rows.at(static_cast<std::size_t>(row));
}

int DiffListModel::rowOf(int difference) const
{
    const auto found = std::lower_bound(m_rows.begin(), m_rows.end(), difference);
    return found != m_rows.end() && *found == difference ? static_cast<int>(found - m_rows.begin()) : -1;
}

int DiffListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int DiffListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DiffListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto number = differenceAt(index.row());
    const auto& difference = m_document->differences[static_cast<std::size_t>(number)];
    if (role == Qt::TextAlignmentRole && index.column() == Number)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && index.column() == Class)
        return differenceClassHint(difference.errorClass);
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole)
        return {};
    const auto text = [](const QString& whole, TextRange range) {
        const auto part = withSpaceSigns(whole.mid(range.begin, std::min<qsizetype>(range.size(), 400)));
        return part.simplified();
    };
    switch (index.column()) {
    case Number:
        return number + 1;
    case Class:
        return differenceClassName(difference.errorClass);
    case Source:
        return text(m_document->source, difference.source);
    case Reconstruction:
        return text(m_document->reconstruction, difference.reconstruction);
    case Sentence:
        return text(m_document->source, m_document->rows[static_cast<std::size_t>(difference.row)].source);
    default:
        return {};
    }
}

QVariant DiffListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
        return QVariant::fromValue((section == Number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Number:
        return tr("No.");
    case Class:
        return tr("Class");
    case Source:
        return tr("Source");
    case Reconstruction:
        return tr("Reconstruction");
    case Sentence:
        return tr("Sentence");
    default:
        return {};
    }
}

} // namespace icae
