#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <algorithm>

namespace icae {

/// Measures how long the main thread stands still: the longest time between two rounds of the event loop in which a
/// timer of a millisecond could not fire.
class Watchdog : public QObject {
    Q_OBJECT

public:
    Watchdog()
    {
        m_timer.setInterval(1);
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] { look(); });
        reset();
        m_timer.start();
    }

    void reset()
    {
        m_longest = 0;
        m_clock.start();
    }
    /// Milliseconds.
    qint64 longestStall() const { return m_longest; }

private:
    void look() { m_longest = std::max(m_longest, m_clock.restart()); }

    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
};

} // namespace icae
