#pragma once

#include "models/conversation_model.h"
#include "session/theme.h"

#include <QCache>
#include <QStyledItemDelegate>
#include <QTextLayout>

#include <memory>

namespace icae {

/// What can be done with a question or an answer where it stands.
enum class TurnAction {
    Copy,
    Edit,
    Previous, ///< branch or page
    Next,
    Regenerate,
    GoOn,
    WhereFrom,
    FirstBetter, ///< votes
    AsGood,
    SecondBetter,
};

/// Questions and answers: texts in the reading font, answers side by side, and what can be done with them. Texts are
/// laid out once a width.
class TurnDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit TurnDelegate(const Theme& theme, QObject* parent = nullptr);

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

    /// The column of a row that a place is in. @return −1 where there is none
    int cellAt(const QStyleOptionViewItem& option, const QModelIndex& index, QPoint position) const;
    void setWidth(int width) { m_width = width; } ///< of rows, which a size hint cannot know
    void setCurrentCell(int cell) { m_cell = cell; } ///< of the current row
    void setLitAnswer(std::int64_t answer) { m_lit = answer; } ///< whose slots are lit; −1: none
    void setWords(const QString& words) { m_words = words; } ///< to be marked
    void forget() { m_texts.clear(); } ///< fonts or colours are others now

    static QString nameOf(TurnAction action);

Q_SIGNALS:
    void triggered(icae::TurnAction action, const QModelIndex& index, int cell);

private:
    struct Text {
        QTextLayout layout;
        int width = 0;
        int height = 0;
    };
    struct Zone {
        QRect area;
        TurnAction action;
        int cell;
        bool enabled;
    };

    Text& text(const QString& content, int width) const;
    QRect columnOf(const QRect& row, int cell, int cells) const;
    std::vector<Zone> zones(const QRect& area, const ConversationRow& row) const;
    int textTop() const; ///< below the heading
    void paintText(QPainter& painter, const QString& content, const QRect& area, Shade shade) const;
    void paintHeading(QPainter& painter, const QRect& area, const QString& heading, const QString& line,
                      Shade shade) const;
    void paintZones(QPainter& painter, const QStyleOptionViewItem& option, const ConversationRow& row,
                    bool current) const;

    const Theme& m_theme;
    int m_width = 600;
    int m_cell = 0;
    std::int64_t m_lit = -1;
    QString m_words;
    mutable QCache<QString, Text> m_texts;
};

} // namespace icae
