#pragma once

#include "pages/chat/memory_preview.h"
#include "session/theme.h"

#include <QStyledItemDelegate>

#include <optional>

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
    void setPointed(const std::optional<SlotPlace>& place) { m_pointed = place; } ///< whose words are under the pointer
    /// The slot of a span at a place of its row. @return −1 where there is none
    int slotAt(const QRect& row, const QModelIndex& index, QPoint position) const;

private:
    QRect boxOf(const QRect& row) const;
    void paintBox(QPainter& painter, const QRect& box, bool on) const;
    QRect stripOf(const QRect& row) const;
    void paintSlots(QPainter& painter, const QRect& area, const QModelIndex& index) const;

    const Theme& m_theme;
    int m_lineRole;
    bool m_lit = false;
    std::optional<SlotPlace> m_pointed;
};

} // namespace icae
