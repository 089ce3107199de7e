#pragma once

#include "models/curve_document.h"
#include "pages/runs/menu_row.h"
#include "pages/runs/overlay_menu.h"
#include "session/theme.h"

class QAction;
class QLabel;
class QMenu;
class QSlider;
class QToolButton;

namespace icae {

/// How curves are drawn, what lies over them, and what can be exported.
class TrainControls : public MenuRow {
    Q_OBJECT

public:
    enum class Export { Pdf, Svg, Png, Points, Job };

    explicit TrainControls(const Theme& theme, QWidget* parent = nullptr);

    void setOthers(const RunListModel& list, const QString& current);
    const CurveOptions& options() const { return m_options; }
    const QStringList& overlays() const { return m_others->overlays(); }
    void setBest(const QString& text); ///< best value and its step

Q_SIGNALS:
    void optionsChanged();
    void overlaysChanged();
    void exportRequested(icae::TrainControls::Export what);

private:
    void makeView();
    void makeExport();
    void showAxis();

    CurveOptions m_options;
    QSlider* m_smoothing;
    QLabel* m_best;
    QMenu* m_axis;
    CheckMenu* m_view;
    OverlayMenu* m_others;
    QMenu* m_export;
    QToolButton* m_axisButton;
    QToolButton* m_othersButton;
};

} // namespace icae
