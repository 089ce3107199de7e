#pragma once

#include "session/theme.h"

#include <QStyledItemDelegate>

namespace icae {

/// A memory, a span or a chat: a box to tick where it has one, a name, a line below, and for spans their slots, lit by
/// how much an answer needs them.
class LibraryDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    /// @param lineRole of the line below the name
    LibraryDelegate(const Theme& theme, int lineRole, QObject* parent = nullptr);

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;

    void setLit(bool on) { m_lit = on; } ///< rows have room for their slots

private:
    QRect boxOf(const QRect& row) const;
    void paintBox(QPainter& painter, const QRect& box, bool on) const;
    void paintSlots(QPainter& painter, const QRect& area, const QModelIndex& index) const;

    const Theme& m_theme;
    int m_lineRole;
    bool m_lit = false;
};

} // namespace icae
