#include "pages/runs/overlay_menu.h"

#include <QAction>

namespace icae {

void OverlayMenu::setOthers(const RunListModel& list, const QString& current)
{
    QStringList runs;
    for (int row = 0; row < list.rowCount(); ++row)
        if (const auto run = QString::fromStdString(list.at(row)->run); run != current)
            runs.append(run);
    QStringList known;
    const auto before = actions();
    for (const auto* action : before)
        known.append(action->data().toString());
    if (runs == known)
        return;
    clear();
    QStringList kept;
    for (const auto& run : runs) {
        auto* action = addAction(run.section(u'/', -1));
        action->setData(run);
        action->setCheckable(true);
        action->setChecked(m_overlays.contains(run));
        if (action->isChecked())
            kept.append(run);
        connect(action, &QAction::toggled, this, [this, run](bool on) {
            m_overlays.removeAll(run);
            if (on)
                m_overlays.append(run);
            Q_EMIT overlaysChanged();
        });
    }
    if (kept.size() != m_overlays.size()) {
        m_overlays = kept;
        Q_EMIT overlaysChanged();
    }
}

} // namespace icae
