#pragma once

#include "pages/chat/blind_menu.h"
#include "protocol/chat_requests.h"
#include "session/engine_client.h"

#include <QObject>

#include <optional>
#include <vector>

namespace icae {

/// The other side of a blind vote: loads its model beside the one in use, and finds or makes memories of the same texts
/// for it, one after the other.
class RivalSide : public QObject {
    Q_OBJECT

public:
    /// @param page whose requests these are
    RivalSide(EngineClient& client, QObject* page);

    /// @param library what is there already
    void prepare(const Rival& rival, const std::vector<UsedMemory>& memories, std::vector<LibraryMemory> library);
    void stop();
    bool isPreparing() const { return m_request >= 0; }

    const std::vector<UsedMemory>& memories() const { return m_made; } ///< in the order that was asked for
    const std::string& model() const { return m_model; } ///< id; empty: the one in use
    std::int64_t slotsPerSpan() const { return m_rival.slots; }

Q_SIGNALS:
    void ready();
    void added(const icae::LibraryMemory& memory); ///< a new one in the library
    void failed(const icae::Error& why); ///< Cancelled where it was stopped

private:
    void next();
    void take(const LibraryMemory& memory);
    void fail(const Error& why);
    const LibraryMemory* find(const std::string& id) const;
    const LibraryMemory* fitting(const LibraryMemory& original) const;

    EngineClient& m_client;
    QObject* m_page;
    Rival m_rival;
    std::string m_model;
    std::string m_adapterSha256;
    std::vector<UsedMemory> m_wanted;
    std::vector<UsedMemory> m_made;
    std::vector<LibraryMemory> m_library;
    std::int64_t m_request = -1;
};

} // namespace icae
