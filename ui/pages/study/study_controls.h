#pragma once

#include "models/figure_document.h"
#include "pages/runs/menu_row.h"
#include "pages/runs/overlay_menu.h"
#include "session/theme.h"

class QAction;
class QMenu;
class QToolButton;

namespace icae {

/// How a study is drawn: measures, axes, bands, what lies over it; and what can be copied and exported.
class StudyControls : public MenuRow {
    Q_OBJECT

public:
    enum class Export { Pdf, Png, Svg, Table, Samples, Markdown, Latex, Spec };

    /// @param options to begin with
    explicit StudyControls(const Theme& theme, FigureOptions options = {}, QWidget* parent = nullptr);

    /// Offers what the study has; what is chosen stays where it can.
    void setStudy(const StudyDocumentPtr& study);
    /// Offers the other studies to lay over the current one.
    void setOthers(const RunListModel& list, const QString& current);
    const FigureOptions& options() const { return m_options; }
    const QStringList& overlays() const { return m_others->overlays(); }

Q_SIGNALS:
    void optionsChanged();
    void overlaysChanged();
    void exportRequested(icae::StudyControls::Export what);

private:
    void makeView();
    void makeExport(const Theme& theme);
    void rebuildMeasures(const StudyDocument& study);
    void rebuildAxes(const StudyDocument& study);
    void updateTexts();

    FigureOptions m_options;
    std::vector<std::string> m_known; ///< measures that the menu has
    std::vector<FigureAxis> m_axes; ///< that the menu has
    CheckMenu* m_measures;
    QMenu* m_axis;
    QMenu* m_band;
    CheckMenu* m_view;
    OverlayMenu* m_others;
    QMenu* m_export;
    QToolButton* m_axisButton = nullptr;
    QToolButton* m_othersButton = nullptr;
    QAction* m_heatMap = nullptr;
    QAction* m_logX = nullptr;
    QAction* m_logY = nullptr;
};

} // namespace icae
