#include "window/status_line.h"

#include "pages/page.h"
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

QString timeLeft(double seconds)
{
    if (seconds < 60)
        return StatusLine::tr("%1 s left").arg(std::ceil(seconds), 0, 'f', 0);
    return StatusLine::tr("%1 min left").arg(std::ceil(seconds / 60), 0, 'f', 0);
}

} // namespace

StatusLine::StatusLine(const Theme& theme, EngineClient& client, Activities& activities, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_client(client)
    , m_activities(activities)
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

    connect(m_stopButton, &QPushButton::clicked, m_stop, &QAction::trigger);
    connect(&m_activities, &Activities::started, this, [this] { m_report.clear(); });
    connect(&m_activities, &Activities::changed, this, &StatusLine::showState);
    connect(&m_client, &EngineClient::stateChanged, this, &StatusLine::showState);
    connect(&m_client, &EngineClient::modelChanged, this, &StatusLine::showState);
    connect(m_log, &QAction::toggled, this, [this](bool shown) {
        if (shown)
            setAttention(false);
    });
    showState();
}

void StatusLine::setInFront(const Page* page)
{
    m_inFront = page;
    showState();
}

void StatusLine::showActivity(const Activity& activity)
{
    auto text = activity.verb;
    const auto& note = activity.progress;
    const bool measured = note && note->fraction;
    m_bar->setRange(0, measured ? 1000 : 0);
    if (measured)
        m_bar->setValue(static_cast<int>(std::lround(1000 * *note->fraction)));
    if (note) {
        QStringList parts{QString::fromStdString(note->text)};
        if (note->rate && *note->rate > 0)
            parts += tr("%L1 %2/s")
                         .arg(*note->rate, 0, 'f', *note->rate < 10 ? 1 : 0)
                         .arg(QString::fromStdString(note->unit));
        if (note->secondsLeft && *note->secondsLeft > 0)
            parts += timeLeft(*note->secondsLeft);
        text = parts.join(u" · "_s);
    }
    const auto* owner = qobject_cast<const Page*>(activity.owner);
    m_text->setText(owner == nullptr || owner == m_inFront ? text : tr("%1: %2").arg(owner->title(), text));
}

void StatusLine::showState()
{
    const auto* activity = m_activities.shown(m_inFront);
    const bool stoppable = m_activities.canStop(m_inFront);
    m_bar->setVisible(activity != nullptr);
    m_stopButton->setVisible(stoppable);
    m_stop->setEnabled(stoppable);
    if (activity != nullptr) {
        showActivity(*activity);
        return;
    }
    m_bar->setRange(0, 0);
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
