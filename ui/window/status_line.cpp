#include "window/status_line.h"

#include "widgets/common/elided_label.h"

#include <QAction>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// Requests that take long enough to be spoken of.
QString verb(const QString& method)
{
    const auto is = [&](const auto& known) { return method == QLatin1String(known.name); };
    if (is(protocol::modelsLoad))
        return StatusLine::tr("Loading the model");
    if (is(protocol::modelsUnload))
        return StatusLine::tr("Unloading the model");
    if (is(protocol::compress))
        return StatusLine::tr("Compressing");
    if (is(protocol::reconstruct))
        return StatusLine::tr("Compressing and reconstructing");
    if (is(protocol::memorySave))
        return StatusLine::tr("Saving the memory");
    if (is(protocol::score))
        return StatusLine::tr("Rating");
    return {};
}

QString timeLeft(double seconds)
{
    if (seconds < 60)
        return StatusLine::tr("%1 s left").arg(std::ceil(seconds), 0, 'f', 0);
    return StatusLine::tr("%1 min left").arg(std::ceil(seconds / 60), 0, 'f', 0);
}

} // namespace

StatusLine::StatusLine(const Theme& theme, EngineClient& client, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_client(client)
    , m_bar(new QProgressBar)
    , m_text(new ElidedLabel)
    , m_stopButton(new QPushButton(tr("Stop")))
    , m_stop(new QAction(theme.icon(u"stop"_s), tr("Stop"), this))
    , m_log(new QAction(theme.icon(u"log"_s), tr("Log"), this))
{
    setObjectName(u"statusLine"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(Theme::grid(4.5));
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(Theme::grid(20));
    m_bar->setAccessibleName(tr("Progress"));
    m_text->setObjectName(u"statusText"_s);
    m_text->setProperty("secondary", true);
    m_stopButton->setProperty("small", true);
    m_stop->setShortcut(QKeySequence(Qt::Key_Escape));
    m_stop->setEnabled(false);
    m_log->setCheckable(true);
    m_log->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L));
    m_log->setToolTip(tr("Show the log (Ctrl+Shift+L)"));
    addActions({m_stop, m_log});
    auto* log = new QToolButton;
    log->setDefaultAction(m_log);
    log->setIconSize({16, 16});
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), 0, Theme::grid(), 0);
    layout->setSpacing(Theme::grid());
    layout->addWidget(m_bar);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_stopButton);
    layout->addWidget(log);
    m_bar->hide();
    m_stopButton->hide();

    connect(m_stop, &QAction::triggered, &m_client, &EngineClient::cancelAll);
    connect(m_stopButton, &QPushButton::clicked, m_stop, &QAction::trigger);
    connect(&m_client, &EngineClient::requestStarted, this, [this](qint64 id, const QString& method) {
        const auto doing = verb(method);
        if (doing.isEmpty()) {
            if (method == QLatin1String(protocol::modelsList.name))
                m_quiet.insert(id);
            return;
        }
        m_running.insert(id, doing);
        m_report.clear();
        m_text->setText(doing);
        showState();
    });
    connect(&m_client, &EngineClient::progressed, this, &StatusLine::showProgress);
    connect(&m_client, &EngineClient::requestEnded, this, &StatusLine::end);
    connect(&m_client, &EngineClient::stateChanged, this, &StatusLine::showState);
    connect(&m_client, &EngineClient::modelChanged, this, &StatusLine::showState);
    connect(m_log, &QAction::toggled, this, [this](bool shown) {
        if (shown)
            setAttention(false);
    });
    showState();
}

void StatusLine::showProgress(const ProgressNote& note)
{
    const auto id = note.id.number();
    if (m_quiet.remove(id)) { // hashing, which takes its time
        m_running.insert(id, tr("Reading models"));
        showState();
    }
    if (!m_running.contains(id))
        return;
    m_bar->setRange(0, note.fraction ? 1000 : 0);
    if (note.fraction)
        m_bar->setValue(static_cast<int>(std::lround(1000 * *note.fraction)));
    QStringList parts{QString::fromStdString(note.text)};
    if (note.rate && *note.rate > 0)
        parts += tr("%L1 %2/s").arg(*note.rate, 0, 'f', *note.rate < 10 ? 1 : 0).arg(QString::fromStdString(note.unit));
    if (note.secondsLeft && *note.secondsLeft > 0)
        parts += timeLeft(*note.secondsLeft);
    m_text->setText(parts.join(u" · "_s));
}

void StatusLine::end(qint64 id, const QString& /*method*/)
{
    m_quiet.remove(id);
    if (m_running.remove(id) == 0)
        return;
    showState();
}

void StatusLine::showState()
{
    const bool busy = !m_running.isEmpty() || !m_waiting.isEmpty();
    if (!busy)
        m_bar->setRange(0, 0);
    if (m_running.isEmpty() && busy)
        m_text->setText(m_waiting);
    m_bar->setVisible(busy);
    m_stopButton->setVisible(busy);
    m_stop->setEnabled(busy);
    if (busy)
        return;
    switch (m_client.state()) {
    case EngineClient::State::Stopped:
        m_text->setText(tr("The engine is not running"));
        break;
    case EngineClient::State::Connecting:
        m_text->setText(tr("Starting the engine"));
        break;
    case EngineClient::State::Restarting:
        m_text->setText(tr("Restarting the engine"));
        break;
    case EngineClient::State::Failed:
        m_text->setText(tr("The engine cannot be started"));
        break;
    case EngineClient::State::Ready:
        m_text->setText(!m_report.isEmpty()    ? m_report
                            : m_client.model() ? tr("Ready")
                                               : tr("Ready; no model is loaded"));
        break;
    }
}

void StatusLine::setWaiting(const QString& text)
{
    m_waiting = text;
    showState();
}

void StatusLine::setAttention(bool attention)
{
    m_log->setIcon(attention ? m_theme.icon(u"warning"_s, Shade::Warning) : m_theme.icon(u"log"_s));
}

void StatusLine::report(const QString& text)
{
    m_report = text;
    showState();
}

QString StatusLine::text() const
{
    return m_text->text();
}

} // namespace icae
