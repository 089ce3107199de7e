#pragma once

#include "models/run_list_model.h"
#include "widgets/common/check_menu.h"

#include <QStringList>

namespace icae {

/// The other runs that can be laid over the current one. What is ticked stays so while it is there.
class OverlayMenu : public CheckMenu {
    Q_OBJECT

public:
    using CheckMenu::CheckMenu;

    void setOthers(const RunListModel& list, const QString& current);
    const QStringList& overlays() const { return m_overlays; } ///< folders, in the order in which they were ticked

Q_SIGNALS:
    void overlaysChanged();

private:
    QStringList m_overlays;
};

} // namespace icae
