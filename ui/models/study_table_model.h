#pragma once

#include "models/study_document.h"

#include <QAbstractTableModel>
#include <QList>

#include <vector>

namespace icae {

/// A study's cells one a row: the fields of a cell that vary, N, and the mean of each measure with as many digits as
/// its interval supports. Sort by RawRole.
class StudyTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    static constexpr int RawRole = Qt::UserRole; ///< the number behind a text
    enum class Format { Csv, Markdown, Latex };

    using QAbstractTableModel::QAbstractTableModel;

    /// Rows that are still there keep their place; a document with the same columns resets nothing.
    void setDocument(StudyDocumentPtr document);
    const StudyDocumentPtr& document() const { return m_document; }

    /// Index of a row's cell in the document.
    int cellAt(int row) const;
    /// Row of a cell; −1 where there is none.
    int rowOf(int cell) const;
    /// The measure of a column; empty where it has none.
    std::string measureAt(int column) const;

    /// Rows in the given order; all where there are none.
    QString copy(Format format, const QList<int>& rows = {}) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Column {
        const CellColumn* field = nullptr; ///< of the cell; null: N, or a measure
        std::string measure; ///< empty: N
        bool operator==(const Column&) const = default;
    };

    static std::vector<Column> columnsOf(const StudyDocument& document, const StudyTable& table);
    QVariant raw(const TableRow& row, const Column& column) const;

    StudyDocumentPtr m_document;
    StudyTable m_table;
    std::vector<int> m_cells; ///< by row
    std::vector<Column> m_columns;
};

} // namespace icae
