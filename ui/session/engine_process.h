#pragma once

#include "protocol/error.h"

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

#include <chrono>

namespace icae {

/// The engine's process: `icae serve`, or whatever command line leads to one (`ssh host icae serve`). Starts it anew,
/// later each time, where it ends unasked.
class EngineProcess : public QObject {
    Q_OBJECT

public:
    enum class State {
        Stopped, ///< not asked for
        Starting,
        Running,
        Waiting, ///< ended unasked; starts again soon
        Failed, ///< cannot be started, or ended too often; start() tries again
    };
    Q_ENUM(State)

    explicit EngineProcess(QObject* parent = nullptr);
    ~EngineProcess() override;
    EngineProcess(const EngineProcess&) = delete;
    EngineProcess& operator=(const EngineProcess&) = delete;

    /// The `icae` beside this program, or the one on the PATH.
    static QString defaultCommand();
    /// A command line as a shell takes it, without a shell's expansions. Empty: the default. Counts from the next
    /// start.
    void setCommand(const QString& commandLine) { m_command = commandLine; }
    QString command() const;

    void start(); ///< returns at once; does nothing where it runs or waits to
    void stop(); ///< closes its standard input, and kills it where it does not end by itself; returns at once
    void write(const QByteArray& bytes);
    void confirm() { m_failures = 0; } ///< it works: the next restart is a quick one again

    State state() const { return m_state; }
    qint64 processId() const { return m_process == nullptr ? 0 : m_process->processId(); }

Q_SIGNALS:
    void stateChanged(icae::EngineProcess::State state);
    void started();
    void received(const QByteArray& bytes); ///< from its standard output
    void logged(const QString& line); ///< from its standard error
    void lost(const icae::Error& why); ///< it ended unasked, or could not be started

private:
    void launch();
    void readLog(bool whole);
    void onFailedToStart();
    void onFinished(int code, QProcess::ExitStatus status);
    void recover(const Error& why, bool again);
    void release(std::chrono::milliseconds patience);
    void setState(State state);

    QString m_command;
    QProcess* m_process = nullptr; ///< a child object, a new one each start
    QTimer m_restart;
    State m_state = State::Stopped;
    int m_failures = 0; ///< unconfirmed ends in a row
    QByteArray m_unreadLog; ///< a line that is not complete yet
    QStringList m_lastLines; ///< of its standard error, for details
};

} // namespace icae
