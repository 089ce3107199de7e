#pragma once

#include "models/diff_list_model.h"
#include "pages/compress/reconstruction_run.h"
#include "pages/page.h"
#include "session/theme.h"
#include "widgets/text/prose_column.h"

#include <QWidget>

class QAction;
class QActionGroup;
class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace icae {

class CheckMenu;
class ElidedLabel;
class EmptyState;
class FindTree;
class TokenPane;

/// The right pane: the reconstruction side by side with the source, inline, as a list of differences, or as tokens.
class ResultPane : public QWidget {
    Q_OBJECT

public:
    enum class Mode { SideBySide, Inline, List, Tokens };

    ResultPane(const Theme& theme, RowGeometry& geometry, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override; ///< the same for all that it shows

    Mode mode() const { return m_mode; }
    void setMode(Mode mode);
    void setDocument(const DiffDocumentPtr& document, int firstChanged);
    void setResult(const ReconstructionView& view);
    void clearResult();
    void setRunning(bool running);
    void setStale(bool stale); ///< source or controls are others than the result's
    void setEmptyText(const QString& title, const QString& text);

    ProseColumn& column() { return *m_column; }
    ProseColumn& inlineColumn() { return *m_inline; }
    TokenPane& tokens() { return *m_tokens; }
    const DiffListModel& list() const { return *m_listModel; }
    QMenu& exportMenu() { return *m_exportMenu; }
    QAction* lockAction() const { return m_lock; }
    std::vector<ShortcutGroup> shortcuts() const;
    FindTarget* findTarget(); ///< null where there is nothing to search
    QWidget& currentView();

    void goToDifference(int difference);
    int currentDifference() const { return m_current; }
    const std::vector<DifferenceClass>& filter() const { return m_filter; }

Q_SIGNALS:
    void modeChanged();
    void currentDifferenceChanged(int difference);
    void filterChanged();

private:
    void buildHeader(QWidget* row);
    void step(int direction);
    void rebuildFilterMenu();
    void addOnlyMenu();
    void setFilter(const std::vector<DifferenceClass>& shown);
    void showCount();
    bool isShown(int difference) const;
    void showView();

    const Theme& m_theme;
    RowGeometry& m_geometry;
    Mode m_mode = Mode::SideBySide;
    DiffDocumentPtr m_document;
    EmptyState* m_empty;
    ProseColumn* m_column;
    ProseColumn* m_inline;
    FindTree* m_list;
    DiffListModel* m_listModel;
    TokenPane* m_tokens;
    QStackedWidget* m_stack;
    ElidedLabel* m_title;
    QLabel* m_stale;
    QToolButton* m_differences;
    CheckMenu* m_filterMenu;
    QMenu* m_exportMenu;
    QActionGroup* m_modes;
    QAction* m_next;
    QAction* m_previous;
    QAction* m_firstMiss;
    QAction* m_chooseClasses;
    QAction* m_export;
    QAction* m_lock;
    std::vector<DifferenceClass> m_filter; ///< shown; empty: all
    int m_current = -1;
    bool m_running = false;
};

} // namespace icae
