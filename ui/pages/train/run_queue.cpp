#include "pages/train/run_queue.h"

#include "models/run_list_model.h"

namespace icae {

using namespace Qt::StringLiterals;

RunQueueOrder::RunQueueOrder(const Theme& theme, EngineClient& client, RunListModel& list, QObject* parent)
    : QObject(parent)
    , m_client(client)
    , m_list(list)
    , m_earlier(new QAction(theme.icon(u"up"_s), tr("Earlier in the queue"), this))
    , m_later(new QAction(theme.icon(u"down"_s), tr("Later in the queue"), this))
{
    m_earlier->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Up));
    m_later->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Down));
    m_earlier->setToolTip(tr("This run gets its device before the one before it"));
    m_later->setToolTip(tr("This run gets its device after the one behind it"));
    connect(m_earlier, &QAction::triggered, this, [this] { move(-1); });
    connect(m_later, &QAction::triggered, this, [this] { move(1); });
    updateActions();
}

void RunQueueOrder::update(const QString& current)
{
    m_current = current.toStdString();
    updateActions();
    if (m_asking)
        return;
    if (!m_list.hasWaiting()) {
        m_list.setQueue({});
        return;
    }
    m_asking = true;
    m_client.call(protocol::runsQueue, {}, parent(),
                  {.done =
                       [this](const RunQueue& queue) {
                           m_asking = false;
                           take(queue);
                       },
                   .failed = [this](const Error& /*why*/) { m_asking = false; }}); // asked for again soon
}

void RunQueueOrder::take(const RunQueue& queue)
{
    m_list.setQueue(queue);
    updateActions();
}

void RunQueueOrder::updateActions()
{
    const auto place = m_list.placeOf(m_current);
    m_earlier->setEnabled(place && place->at > 0);
    m_later->setEnabled(place && place->at + 1 < place->of);
    for (auto* action : {m_earlier, m_later})
        action->setVisible(place.has_value());
}

void RunQueueOrder::move(int by)
{
    const auto place = m_list.placeOf(m_current);
    if (!place)
        return;
    m_client.call(protocol::runsQueue, {m_current, place->at + by}, parent(), {.done = [this](const RunQueue& queue) {
                      take(queue);
                      if (const auto now = m_list.placeOf(m_current))
                          Q_EMIT reported(tr("Waits in place %L1 of %L2").arg(now->at + 1).arg(now->of));
                  }});
}

} // namespace icae
