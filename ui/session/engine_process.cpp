#include "session/engine_process.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <csignal>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace icae {

namespace {

constexpr auto firstDelay = 250ms;
constexpr auto longestDelay = 10s;
constexpr int mostFailures = 5;
constexpr int rememberedLines = 40;
constexpr auto patienceOnStop = 3s;
constexpr auto patienceOnExit = 500ms;
constexpr int commandNotFound = 127; // a shell's or env's way to say so

Error asError(const QString& message, const QString& remedy, const QString& details)
{
    return {ErrorKind::EngineLost, message.toStdString(), remedy.toStdString(), details.toStdString()};
}

} // namespace

EngineProcess::EngineProcess(QObject* parent)
    : QObject(parent)
{
    m_restart.setSingleShot(true);
    connect(&m_restart, &QTimer::timeout, this, &EngineProcess::launch);
}

EngineProcess::~EngineProcess()
{
    release(patienceOnExit);
}

QString EngineProcess::defaultCommand()
{
    const auto beside = QCoreApplication::applicationDirPath() + u"/icae"_s;
    const auto program = QFileInfo(beside).isExecutable() ? beside : u"icae"_s;
    return program.contains(u' ') ? u'"' + program + u"\" serve"_s : program + u" serve"_s;
}

QString EngineProcess::command() const
{
    return m_command.trimmed().isEmpty() ? defaultCommand() : m_command;
}

void EngineProcess::start()
{
    if (m_state == State::Starting || m_state == State::Running)
        return;
    m_failures = 0;
    m_restart.stop();
    launch();
}

void EngineProcess::stop()
{
    m_restart.stop();
    if (m_process != nullptr) {
        auto* process = std::exchange(m_process, nullptr);
        process->disconnect(this);
        connect(process, &QProcess::finished, process, &QObject::deleteLater);
        QTimer::singleShot(patienceOnStop, process, &QProcess::kill);
        process->closeWriteChannel();
        if (process->state() == QProcess::NotRunning)
            process->deleteLater();
    }
    setState(State::Stopped);
}

void EngineProcess::write(const QByteArray& bytes)
{
    if (m_process != nullptr)
        m_process->write(bytes);
}

void EngineProcess::launch()
{
    release({});
    m_lastLines.clear();
    m_unreadLog.clear();
    m_process = new QProcess(this);
    connect(m_process, &QProcess::started, this, [this] {
        setState(State::Running);
        Q_EMIT started();
    });
    connect(m_process, &QProcess::readyReadStandardOutput, this,
            [this] { Q_EMIT received(m_process->readAllStandardOutput()); });
    connect(m_process, &QProcess::readyReadStandardError, this, [this] { readLog(false); });
    connect(m_process, &QProcess::finished, this, &EngineProcess::onFinished);
    connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            onFailedToStart();
    });
    auto words = QProcess::splitCommand(command());
    const auto program = words.takeFirst();
    setState(State::Starting);
    m_process->start(program, words);
}

void EngineProcess::readLog(bool whole)
{
    m_unreadLog += m_process->readAllStandardError();
    auto lines = m_unreadLog.split('\n');
    m_unreadLog = whole ? QByteArray() : lines.takeLast();
    for (const auto& bytes : lines) {
        const auto line = QString::fromUtf8(bytes).trimmed();
        if (line.isEmpty())
            continue;
        m_lastLines.append(line);
        if (m_lastLines.size() > rememberedLines)
            m_lastLines.removeFirst();
        Q_EMIT logged(line);
    }
}

void EngineProcess::onFailedToStart()
{
    recover(asError(tr("The engine could not be started with \"%1\".").arg(command()),
                    tr("Check the engine's command in the settings."), m_process->errorString()),
            false);
}

void EngineProcess::onFinished(int code, QProcess::ExitStatus status)
{
    if (const auto rest = m_process->readAllStandardOutput(); !rest.isEmpty())
        Q_EMIT received(rest);
    readLog(true);
    QString what;
    QString remedy = tr("It is started again; texts and results are still here.");
    if (status == QProcess::CrashExit && code == SIGKILL) {
        what = tr("The engine was killed, perhaps because memory ran out.");
    } else if (status == QProcess::CrashExit) {
        what = tr("The engine crashed (signal %1).").arg(code);
    } else if (code == commandNotFound) {
        what = tr("The command \"%1\" was not found.").arg(command());
        remedy = tr("Check the engine's command in the settings.");
    } else {
        what = tr("The engine ended unexpectedly with exit code %1.").arg(code);
    }
    recover(asError(what, remedy, m_lastLines.join(u'\n')), code != commandNotFound);
}

void EngineProcess::recover(const Error& why, bool again)
{
    ++m_failures;
    if (!again || m_failures > mostFailures) {
        setState(State::Failed);
    } else {
        const auto delay = std::min<std::chrono::milliseconds>(firstDelay * (1 << (m_failures - 1)), longestDelay);
        setState(State::Waiting);
        m_restart.start(delay);
    }
    Q_EMIT lost(why);
}

void EngineProcess::release(std::chrono::milliseconds patience)
{
    if (m_process == nullptr)
        return;
    auto* process = std::exchange(m_process, nullptr);
    process->disconnect(this);
    if (process->state() != QProcess::NotRunning) {
        process->closeWriteChannel();
        if (!process->waitForFinished(static_cast<int>(patience.count())))
            process->kill();
        process->waitForFinished(static_cast<int>(patienceOnExit.count()));
    }
    process->deleteLater(); // perhaps called from one of its own signals
}

void EngineProcess::setState(State state)
{
    if (std::exchange(m_state, state) != state)
        Q_EMIT stateChanged(state);
}

} // namespace icae
