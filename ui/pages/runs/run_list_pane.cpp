#include "pages/runs/run_list_pane.h"

#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"
#include "widgets/common/run_delegate.h"

#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QListView>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

bool endedBadly(RunState state)
{
    return state == RunState::Failed || state == RunState::Died || state == RunState::Damaged;
}

} // namespace

RunListPane::RunListPane(const Theme& theme, EngineClient& client, RunFeed& feed, const Words& words, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_client(client)
    , m_feed(feed)
    , m_words(words)
    , m_list(new QListView)
    , m_header(new PaneHeader)
    , m_undoButton(new QToolButton)
    , m_resume(new QAction(m_theme.icon(u"play"_s), tr("Resume"), this))
    , m_stop(new QAction(m_theme.icon(u"stop"_s), tr("Stop"), this))
    , m_rename(new QAction(tr("Rename…"), this))
    , m_delete(new QAction(m_theme.icon(u"trash"_s), tr("Delete"), this))
    , m_undo(new QAction(m_theme.icon(u"refresh"_s), tr("Undo delete"), this))
{
    makeActions();
    m_list->setModel(&m_feed.list());
    m_list->setItemDelegate(new RunDelegate(m_theme, m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setObjectName(words.objectName);
    m_list->setAccessibleName(words.title);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_list->addActions({m_resume, m_stop, m_rename, m_delete});
    auto* title = new QLabel(words.title);
    auto semibold = m_theme.font(TypeRole::Body);
    semibold.setWeight(QFont::DemiBold);
    title->setFont(semibold);
    auto& row = static_cast<PaneHeader*>(m_header)->row();
    row.addWidget(title, 1);
    m_undoButton->setDefaultAction(m_undo);
    row.addWidget(m_undoButton);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    setMinimumWidth(Theme::grid(20));
    setFocusProxy(m_list);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_header);
    layout->addWidget(m_list, 1);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        const auto* run = m_feed.list().at(index.row());
        setCurrent(run == nullptr ? QString() : QString::fromStdString(run->run));
    });
    connect(&m_feed, &RunFeed::listed, this, &RunListPane::onListed);
    updateActions();
}

void RunListPane::makeActions()
{
    m_resume->setShortcut(QKeySequence(Qt::Key_F9));
    m_stop->setShortcut(QKeySequence(Qt::SHIFT | Qt::Key_F9));
    m_rename->setShortcut(QKeySequence(Qt::Key_F2));
    m_delete->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    m_undo->setShortcut(QKeySequence::Undo);
    connect(m_resume, &QAction::triggered, this, [this] { resume({m_current.toStdString()}); });
    connect(m_stop, &QAction::triggered, this, &RunListPane::stop);
    connect(m_rename, &QAction::triggered, this, &RunListPane::rename);
    connect(m_delete, &QAction::triggered, this, &RunListPane::remove);
    connect(m_undo, &QAction::triggered, this, &RunListPane::undo);
}

void RunListPane::setCreateAction(QAction* create)
{
    auto* button = new QToolButton;
    button->setDefaultAction(create);
    button->setToolTip(
        u"%1 (%2)"_s.arg(create->text().remove(u'…'), create->shortcut().toString(QKeySequence::NativeText)));
    static_cast<PaneHeader*>(m_header)->row().addWidget(button);
}

void RunListPane::addRunActions(const QList<QAction*>& actions)
{
    m_list->insertActions(m_rename, actions);
}

const RunInfo* RunListPane::info() const
{
    return m_feed.list().find(m_current.toStdString());
}

void RunListPane::select(const QString& run)
{
    m_wanted = run;
    m_feed.refresh();
}

void RunListPane::onListed()
{
    auto& list = m_feed.list();
    const auto wanted = m_wanted.isEmpty() ? m_current : m_wanted;
    const auto row = list.rowOf(wanted.toStdString());
    if (row >= 0) {
        m_wanted.clear();
        m_list->setCurrentIndex(list.index(row));
    } else if ((m_wanted.isEmpty() || m_current.isEmpty()) && list.rowCount() > 0) {
        m_wanted.clear(); // it is gone
        m_list->setCurrentIndex(list.index(0));
    } else if (list.rowCount() == 0) {
        setCurrent({});
    }
    updateActions();
    Q_EMIT updated();
}

void RunListPane::setCurrent(const QString& run)
{
    if (run == m_current)
        return;
    m_current = run;
    updateActions();
    Q_EMIT currentChanged(run);
}

void RunListPane::updateActions()
{
    const auto* run = info();
    const bool alive = run != nullptr && isAlive(run->status.state);
    const bool own = run != nullptr && run->writable;
    m_stop->setEnabled(own && alive);
    m_resume->setEnabled(own && !alive && run->status.state != RunState::Finished);
    m_rename->setEnabled(own && !alive);
    m_delete->setEnabled(own && !alive);
    m_undo->setEnabled(m_deleted.has_value());
    m_undoButton->setVisible(m_deleted.has_value());
}

void RunListPane::describe(QLabel& label, NoticeBar& notice)
{
    const auto* run = info();
    tellTrouble(notice, run);
    if (run == nullptr) {
        label.clear();
        return;
    }
    const auto& status = run->status;
    auto text = m_feed.list().lineOf(*run);
    if (!status.paused.empty())
        text += u" · "_s + QString::fromStdString(status.paused);
    else if (status.state == RunState::Stopped && !status.reason.empty())
        text += u" · "_s + QString::fromStdString(status.reason);
    const auto kind = endedBadly(status.state) ? u"error"_s : QString();
    if (label.property("kind").toString() != kind) {
        label.setProperty("kind", kind);
        label.style()->unpolish(&label);
        label.style()->polish(&label);
    }
    label.setText(text);
}

/// Why it ended, or what it warns of: an alert is among its warnings, and is told once.
void RunListPane::tellTrouble(NoticeBar& notice, const RunInfo* run)
{
    QStringList warnings;
    QString reason;
    if (run != nullptr) {
        const auto& status = run->status;
        std::string alert;
        if (status.alert) {
            alert = status.alert->sentence + ' ' + status.alert->remedy;
            warnings += tr("Step %L1: %2").arg(status.alert->step).arg(QString::fromStdString(alert));
        }
        for (const auto& warning : status.warnings)
            if (alert.rfind(warning, 0) != 0 && warning.rfind(alert, 0) != 0)
                warnings += QString::fromStdString(warning);
        if (endedBadly(status.state))
            reason = QString::fromStdString(status.reason);
    }
    const bool resumable = m_resume->isEnabled();
    const auto told = m_current + u'\n' + reason + u'\n' + warnings.join(u'\n') + (resumable ? u"+"_s : QString());
    if (told == std::exchange(m_told, told))
        return;
    notice.clear();
    if (run == nullptr || (reason.isEmpty() && warnings.isEmpty()))
        return;
    if (reason.isEmpty()) {
        notice.showWarning(warnings.join(u'\n'), {});
        return;
    }
    const auto remedy = resumable ? tr("It can go on from where it last was.") : QString();
    notice.showError(
        Error(ErrorKind::Internal, reason.toStdString(), remedy.toStdString(), warnings.join(u'\n').toStdString()));
    if (resumable)
        notice.offer(m_resume);
}

void RunListPane::onChanged()
{
    Q_EMIT done();
    Q_EMIT changing();
    m_feed.refresh();
}

void RunListPane::stop()
{
    m_client.call(protocol::runsStop, {m_current.toStdString()}, this,
                  {.done = [this](const RunInfo& /*now*/) { onChanged(); }});
}

void RunListPane::resume(const ResumeRunParams& params)
{
    m_client.call(protocol::runsResume, params, this,
                  {.done = [this](const RunInfo& /*now*/) { onChanged(); },
                   .failed = [this](const Error& why) { Q_EMIT resumeFailed(why); }});
}

void RunListPane::rename()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(m_words.rename);
    dialog->setLabelText(tr("New name of its folder"));
    dialog->setTextValue(m_current.section(u'/', -1));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, run = m_current](const QString& name) {
        m_client.call(protocol::runsRename, {run.toStdString(), name.toStdString()}, this,
                      {.done = [this](const RunInfo& renamed) { select(QString::fromStdString(renamed.run)); }});
    });
    dialog->open();
}

void RunListPane::remove()
{
    m_client.call(protocol::runsDelete, {m_current.toStdString()}, this, {.done = [this](const DeletedRun& deleted) {
                      m_deleted = deleted;
                      m_feed.refresh();
                      Q_EMIT reported(tr("Moved %1 to the trash folder; Ctrl+Z takes it back")
                                          .arg(QString::fromStdString(deleted.run).section(u'/', -1)));
                  }});
}

void RunListPane::undo()
{
    if (!m_deleted)
        return;
    m_client.call(protocol::runsRestore, *m_deleted, this, {.done = [this](const RunInfo& restored) {
                      m_deleted.reset();
                      select(QString::fromStdString(restored.run));
                  }});
}

} // namespace icae
