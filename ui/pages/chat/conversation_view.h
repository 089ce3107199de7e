#pragma once

#include "pages/chat/turn_delegate.h"
#include "widgets/common/find_target.h"
#include "widgets/common/match_list.h"
#include "widgets/common/zoomable.h"

#include <QListView>

namespace icae {

/// The conversation. Follows what is being written while its end is in sight, and stays where it is while somebody
/// reads back.
class ConversationView : public Zoomable<QListView>, public FindTarget {
    Q_OBJECT

public:
    ConversationView(const Theme& theme, ConversationModel& model, QWidget* parent = nullptr);

    TurnDelegate& turns() { return *m_turns; }
    int currentCell() const { return m_cell; } ///< of the current row; Left and Right change it
    void setCurrentCell(int cell);
    static void copy(const QString& text);
    bool isAtEnd() const;
    void goToEnd();

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override;

Q_SIGNALS:
    void triggered(icae::TurnAction action, const QModelIndex& index, int cell);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void follow();

    const Theme& m_theme;
    ConversationModel& m_model;
    TurnDelegate* m_turns;
    int m_cell = 0;
    bool m_follows = true; ///< the end was in sight
    bool m_scrolling = false; ///< by us
    MatchList<int> m_matches; ///< rows
};

} // namespace icae
