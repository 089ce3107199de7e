#pragma once

#include "session/theme.h"

#include <QStyledItemDelegate>

namespace icae {

/// A run of a RunListModel: its state as a mark, its name, a line on how it fares, and how far it is.
class RunDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit RunDelegate(const Theme& theme, QObject* parent = nullptr);

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace icae
