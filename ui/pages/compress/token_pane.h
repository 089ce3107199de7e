#pragma once

#include "models/token_document.h"
#include "session/theme.h"
#include "widgets/text/token_view.h"

#include <QWidget>

class QAction;
class QPainter;

namespace icae {

class ElidedLabel;
class TokenDetails;

/// The reconstruction as tokens: what their colour stands for, teacher-forced or free-running, and the details panel.
class TokenPane : public QWidget {
    Q_OBJECT

public:
    explicit TokenPane(const Theme& theme, QWidget* parent = nullptr);

    /// @param diff how their texts stand for each other
    void setDocuments(TokenDocumentPtr forced, TokenDocumentPtr free, DiffDocumentPtr diff);
    /// Goes to the first token of a difference, or to where it is missing.
    void showDifference(const Difference& difference);
    bool isTeacherForced() const;
    TokenView& view() { return *m_view; }
    /// The token at a position of the source or of the reconstruction; the character alone where there is none.
    TextRange tokenRange(qsizetype position, bool ofSource) const;
    /// Paints the tokens below what they show and its colour map.
    Rendered renderAll(QPainter& painter, int width, int greatestHeight);
    QList<QAction*> shortcutActions() const { return m_actions; }

Q_SIGNALS:
    /// A token of the source (teacher-forced) or of the reconstruction is pointed at; empty: none.
    void pointedAt(icae::TextRange range, bool ofSource);

private:
    void setTeacherForced(bool forced);
    void switchSides(bool forced);
    void showDetails();

    const Theme& m_theme;
    TokenView* m_view;
    TokenLegend* m_legend;
    TokenDetails* m_details;
    ElidedLabel* m_summary;
    QAction* m_forced;
    QAction* m_free;
    QAction* m_switch;
    QAction* m_detailsAction;
    QList<QAction*> m_actions;
    TokenDocumentPtr m_forcedDocument;
    TokenDocumentPtr m_freeDocument;
    DiffDocumentPtr m_diff;
};

} // namespace icae
