#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <algorithm>
#include <fstream>

namespace icae {

/// Measures how long the main thread stands still: the longest time between two rounds of the event loop in which a
/// timer of a millisecond could not fire. Time in which the thread was ready to run and other programs had the cores is
/// not counted: it says nothing about this program.
class Watchdog : public QObject {
    Q_OBJECT

public:
    Watchdog()
    {
        m_timer.setInterval(1);
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] { look(); });
        reset();
    }

    void reset()
    {
        m_longest = 0;
        resume();
    }
    /// Looks away: what the test itself does, such as saving pictures, takes its time. resume() goes on.
    void pause()
    {
        look();
        m_timer.stop();
    }
    void resume()
    {
        m_waited = waited();
        m_clock.start();
        m_timer.start();
    }
    /// Milliseconds.
    qint64 longestStall() const { return m_longest; }

private:
    /// Nanoseconds that the calling thread has waited for a core, by the kernel's count; 0 where it keeps none.
    static qint64 waited()
    {
        std::ifstream file("/proc/thread-self/schedstat");
        qint64 ran = 0;
        qint64 waited = 0;
        file >> ran >> waited;
        return file ? waited : 0;
    }

    void look()
    {
        const auto before = m_waited;
        m_waited = waited();
        m_longest = std::max(m_longest, (m_clock.nsecsElapsed() - (m_waited - before)) / 1'000'000);
        m_clock.start();
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
    qint64 m_waited = 0;
};

} // namespace icae
