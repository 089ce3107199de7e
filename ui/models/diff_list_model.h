#pragma once

#include "models/diff_document.h"

#include <QAbstractTableModel>

namespace icae {

/// The differences one a row: number, class, source's words, reconstruction's words, and the sentence around them.
class DiffListModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Number, Class, Source, Reconstruction, Sentence, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setDocument(DiffDocumentPtr document);
    /// Shows only these classes; all where nothing is set.
    void setFilter(const std::vector<DifferenceClass>& shown);

    /// Index of a row's difference in the document.
    int differenceAt(int row) const;
    /// Row of a difference; −1 where the filter hides it.
    int rowOf(int difference) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void rebuild();

    DiffDocumentPtr m_document;
    std::vector<DifferenceClass> m_filter;
    std::vector<int> m_rows;
};

} // namespace icae
