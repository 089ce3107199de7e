#include "session/desktop_note.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QVariantMap>

namespace icae {

using namespace Qt::StringLiterals;

void notifyDesktop(const QString& title, const QString& text)
{
    if (!qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS"))
        return; // without it, looking for a bus may start one, and wait
    auto bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return;
    auto message =
        QDBusMessage::createMethodCall(u"org.freedesktop.Notifications"_s, u"/org/freedesktop/Notifications"_s,
                                       u"org.freedesktop.Notifications"_s, u"Notify"_s);
    constexpr quint32 replacesNone = 0;
    constexpr int usualTime = -1;
    message.setArguments({u"ICAE Explorer"_s, replacesNone, u"icae-explorer"_s, title, text.toHtmlEscaped(),
                          QStringList(), QVariantMap(), usualTime});
    bus.send(message); // nobody waits for an answer
}

} // namespace icae
