#include "window/status_line.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
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
    , m_text(new QLabel)
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
    m_text->setTextFormat(Qt::PlainText);
    m_stopButton->setStyleSheet(u"min-height: 14px; padding: 2px 10px;"_s);
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
        if (doing.isEmpty())
            return;
        m_running.insert(id, doing);
        setText(doing);
        showState();
    });
    connect(&m_client, &EngineClient::progressed, this, &StatusLine::showProgress);
    connect(&m_client, &EngineClient::requestEnded, this, &StatusLine::end);
    connect(&m_client, &EngineClient::stateChanged, this, &StatusLine::showState);
    connect(m_log, &QAction::toggled, this, [this](bool shown) {
        if (shown)
            setAttention(false);
    });
    showState();
}

void StatusLine::showProgress(const ProgressNote& note)
{
    if (!m_running.contains(note.id.number()))
        return;
    m_bar->setRange(0, note.fraction ? 1000 : 0);
    if (note.fraction)
        m_bar->setValue(static_cast<int>(std::lround(1000 * *note.fraction)));
    QStringList parts{QString::fromStdString(note.text)};
    if (note.rate && *note.rate > 0)
        parts += tr("%L1 %2/s").arg(*note.rate, 0, 'f', *note.rate < 10 ? 1 : 0).arg(QString::fromStdString(note.unit));
    if (note.secondsLeft && *note.secondsLeft > 0)
        parts += timeLeft(*note.secondsLeft);
    setText(parts.join(u" · "_s));
}

void StatusLine::end(qint64 id, const QString& /*method*/)
{
    if (m_running.remove(id) == 0)
        return;
    if (m_running.isEmpty())
        setText({});
    showState();
}

void StatusLine::showState()
{
    const bool busy = !m_running.isEmpty();
    if (!busy)
        m_bar->setRange(0, 0);
    m_bar->setVisible(busy);
    m_stopButton->setVisible(busy);
    m_stop->setEnabled(busy);
    if (busy)
        return;
    switch (m_client.state()) {
    case EngineClient::State::Stopped:
        setText(tr("The engine is not running"));
        break;
    case EngineClient::State::Connecting:
        setText(tr("Starting the engine"));
        break;
    case EngineClient::State::Restarting:
        setText(tr("Restarting the engine"));
        break;
    case EngineClient::State::Failed:
        setText(tr("The engine cannot be started"));
        break;
    case EngineClient::State::Ready:
        if (m_text->text().isEmpty() || m_text->text().contains(tr("engine")))
            setText(m_client.model() ? tr("Ready") : tr("Ready; no model is loaded"));
        break;
    }
}

void StatusLine::setAttention(bool attention)
{
    m_log->setIcon(attention ? m_theme.icon(u"warning"_s, Shade::Warning) : m_theme.icon(u"log"_s));
}

void StatusLine::setText(const QString& text)
{
    m_text->setText(text);
}

QString StatusLine::text() const
{
    return m_text->text();
}

} // namespace icae
