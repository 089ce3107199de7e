#pragma once

#include "session/theme.h"

#include <QStyledItemDelegate>

namespace icae {

/// Paints an entry of a ModelTreeModel: icon, name and, below it, what it is; a tick on what is loaded; grey with the
/// reason what cannot be used.
class ModelDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit ModelDelegate(const Theme& theme, QObject* parent = nullptr);

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace icae
