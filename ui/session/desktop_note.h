#pragma once

#include <QString>

namespace icae {

/// Tells the person beside the window, by the desktop's own notifications (org.freedesktop.Notifications). Where the
/// desktop has none, nothing happens. Returns at once.
void notifyDesktop(const QString& title, const QString& text);

} // namespace icae
