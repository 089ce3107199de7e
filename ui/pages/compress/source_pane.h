#pragma once

#include "session/theme.h"
#include "widgets/text/prose_column.h"
#include "widgets/text/source_editor.h"

#include <QWidget>

class QAction;
class QLabel;
class QStackedWidget;
class QToolButton;

namespace icae {

class ElidedLabel;
class EmptyState;

/// The left pane: the source to edit, or the same sentences in rows beside their reconstruction.
class SourcePane : public QWidget {
    Q_OBJECT

public:
    SourcePane(const Theme& theme, RowGeometry& geometry, QWidget* parent = nullptr);

    SourceEditor& editor() { return *m_editor; }
    ProseColumn& column() { return *m_column; }
    bool isEditing() const;
    /// Goes between editor and column where both have something to show; the text stays in place.
    void setEditing(bool editing);
    void setDocument(const DiffDocumentPtr& document, int firstChanged);
    void setSummary(const QString& text); ///< e.g. "1,204 tokens · 3 spans → 192 slots · 6.3×"
    QAction* editAction() const { return m_edit; }
    FindTarget& findTarget();
    QWidget& findView();

Q_SIGNALS:
    void sampleRequested();
    void openRequested();
    void editingChanged();

private:
    const Theme& m_theme;
    SourceEditor* m_editor;
    ProseColumn* m_column;
    EmptyState* m_empty;
    QStackedWidget* m_stack;
    QLabel* m_title;
    ElidedLabel* m_summary;
    QAction* m_edit;
};

} // namespace icae
