#pragma once

#include "session/engine_client.h"

#include <QObject>
#include <QPointer>

#include <map>
#include <optional>

namespace icae {

/// Work that is under way and worth telling of.
struct Activity {
    QPointer<QObject> owner; ///< the page that started it; null: the window's own, such as loading the last model
    QString verb; ///< e.g. "Compressing"
    std::optional<ProgressNote> progress; ///< the last one
};

/// What runs anywhere in the window and whose it is, so that each page stops its own work alone and hears of its own
/// errors. An owner's requests are those whose context is the owner, or a child of it at any depth.
class Activities : public QObject {
    Q_OBJECT

public:
    explicit Activities(EngineClient& client, QObject* parent = nullptr);

    void addOwner(QObject* owner);
    /// Whose an object is; null: nobody's.
    QObject* ownerOf(QObject* object) const;

    /// Something waits for a request that is not worth a line of its own, and can be stopped; empty: nothing.
    void setWaiting(QObject* owner, const QString& text);

    /// What is told where this owner is in front: its own latest, the window's, then others'. Null: nothing runs.
    const Activity* shown(const QObject* inFront) const;
    /// Whether stop() would end something that is told.
    bool canStop(const QObject* owner) const;
    /// Asks all of the owner's requests to end, and what the window started by itself; nobody else's.
    void stop(const QObject* owner);

Q_SIGNALS:
    void started(); ///< something more runs
    void changed();

private:
    void start(qint64 id);
    void note(const ProgressNote& note);
    void end(qint64 id);

    EngineClient& m_client;
    QList<QPointer<QObject>> m_owners;
    std::map<qint64, Activity> m_running; ///< requests, by id
    std::map<QObject*, Activity> m_waiting; ///< by owner
    std::map<qint64, Activity> m_quiet; ///< requests that are told of once they report progress
    std::map<qint64, QPointer<QObject>> m_all; ///< owners of all requests, told of or not
};

} // namespace icae
