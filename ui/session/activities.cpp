#include "session/activities.h"

#include <QCoreApplication>

#include <vector>

namespace icae {

Activities::Activities(EngineClient& client, QObject* parent)
    : QObject(parent)
    , m_client(client)
{
    connect(&m_client, &EngineClient::requestStarted, this, &Activities::start);
    connect(&m_client, &EngineClient::progressed, this, &Activities::note);
    connect(&m_client, &EngineClient::requestEnded, this, &Activities::end);
}

void Activities::addOwner(QObject* owner)
{
    m_owners.push_back(owner);
}

QObject* Activities::ownerOf(QObject* object) const
{
    for (auto* at = object; at != nullptr; at = at->parent())
        if (m_owners.contains(at))
            return at;
    return nullptr;
}

void Activities::start(qint64 id)
{
    const auto* request = m_client.request(id);
    if (request == nullptr)
        return;
    Activity activity;
    activity.owner = ownerOf(request->context);
    m_all.emplace(id, activity.owner);
    if (*request->method.verb == '\0')
        return;
    activity.verb = QCoreApplication::translate("Engine", request->method.verb);
    if (request->method.quiet) {
        m_quiet.emplace(id, activity);
        return;
    }
    m_running.emplace(id, activity);
    Q_EMIT started();
    Q_EMIT changed();
}

void Activities::note(const ProgressNote& note)
{
    const auto id = note.id.number();
    if (auto quiet = m_quiet.extract(id)) {
        m_running.insert(std::move(quiet));
        Q_EMIT started();
    }
    const auto found = m_running.find(id);
    if (found == m_running.end())
        return;
    found->second.progress = note;
    Q_EMIT changed();
}

void Activities::end(qint64 id)
{
    m_all.erase(id);
    m_quiet.erase(id);
    if (m_running.erase(id) > 0)
        Q_EMIT changed();
}

void Activities::setWaiting(QObject* owner, const QString& text)
{
    if (text.isEmpty())
        m_waiting.erase(owner);
    else
        m_waiting[owner] = {owner, text, std::nullopt};
    Q_EMIT changed();
}

const Activity* Activities::shown(const QObject* inFront) const
{
    const auto latest = [this](auto&& wanted) {
        const Activity* found = nullptr;
        for (const auto& [id, activity] : m_running)
            if (wanted(activity))
                found = &activity;
        if (found == nullptr)
            for (const auto& [owner, activity] : m_waiting)
                if (wanted(activity))
                    found = &activity;
        return found;
    };
    if (const auto* own = latest([&](const Activity& activity) { return activity.owner == inFront; }))
        return own;
    if (const auto* windows = latest([](const Activity& activity) { return activity.owner == nullptr; }))
        return windows;
    return latest([](const Activity& /*any*/) { return true; });
}

bool Activities::canStop(const QObject* owner) const
{
    const auto* activity = shown(owner);
    return activity != nullptr && (activity->owner == owner || activity->owner == nullptr);
}

void Activities::stop(const QObject* owner)
{
    std::vector<qint64> ids;
    for (const auto& [id, of] : m_all)
        if (of == owner || (of == nullptr && m_running.contains(id)))
            ids.push_back(id);
    for (const auto id : ids)
        m_client.cancel(id);
}

} // namespace icae
