#pragma once

#include "protocol/train_protocol.h"
#include "session/engine_client.h"
#include "session/theme.h"

#include <QAction>
#include <QObject>

namespace icae {

class RunListModel;

/// The order in which training runs get their device: told in the list of runs, and changed from there.
class RunQueueOrder : public QObject {
    Q_OBJECT

public:
    /// @param list is told the places
    RunQueueOrder(const Theme& theme, EngineClient& client, RunListModel& list, QObject* parent);

    QAction* earlier() const { return m_earlier; }
    QAction* later() const { return m_later; }
    /// Reads the order anew where a run waits. @param current folder of the run that the actions move
    void update(const QString& current);

Q_SIGNALS:
    void reported(const QString& sentence);

private:
    void take(const RunQueue& queue);
    void updateActions();
    void move(int by);

    EngineClient& m_client;
    RunListModel& m_list;
    QAction* m_earlier;
    QAction* m_later;
    std::string m_current;
    bool m_asking = false;
};

} // namespace icae
