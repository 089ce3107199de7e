#pragma once

#include "models/figure_document.h"
#include "models/run_list_model.h"
#include "session/theme.h"

#include <QWidget>

class QAction;
class QMenu;
class QToolButton;

namespace icae {

class CheckMenu;

/// How a study is drawn: measures, axes, bands, what lies over it; and what can be copied and exported.
class StudyControls : public QWidget {
    Q_OBJECT

public:
    enum class Export { Pdf, Png, Svg, Table, Samples, Markdown, Latex, Spec };

    explicit StudyControls(const Theme& theme, QWidget* parent = nullptr);

    /// Offers what the study has; what is chosen stays where it can.
    void setStudy(const StudyDocumentPtr& study);
    /// Offers the other studies to lay over the current one.
    void setOthers(const RunListModel& list, const QString& current);
    const FigureOptions& options() const { return m_options; }
    const QStringList& overlays() const { return m_overlays; }
    const std::vector<QAction*>& actions() const { return m_actions; }

Q_SIGNALS:
    void optionsChanged();
    void overlaysChanged();
    void exportRequested(icae::StudyControls::Export what);

private:
    QToolButton* button(const QString& text, const QString& hint, QMenu* menu, const QKeySequence& keys);
    void makeView();
    void makeExport(const Theme& theme);
    void rebuildMeasures(const StudyDocument& study);
    void rebuildAxes(const StudyDocument& study);
    void updateTexts();

    FigureOptions m_options;
    QStringList m_overlays;
    std::vector<std::string> m_known; ///< measures that the menu has
    std::vector<FigureAxis> m_axes; ///< that the menu has
    CheckMenu* m_measures;
    QMenu* m_axis;
    QMenu* m_band;
    CheckMenu* m_view;
    CheckMenu* m_others;
    QMenu* m_export;
    QToolButton* m_axisButton = nullptr;
    QToolButton* m_othersButton = nullptr;
    QAction* m_heatMap = nullptr;
    QAction* m_logX = nullptr;
    QAction* m_logY = nullptr;
    std::vector<QAction*> m_actions;
};

} // namespace icae
