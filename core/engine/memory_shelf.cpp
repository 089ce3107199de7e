#include "engine/memory_shelf.h"

#include "protocol/error.h"
#include "reading/plan.h"

#include <algorithm>
#include <random>

namespace icae {

namespace {

constexpr std::ptrdiff_t mostHeld = 64; // beside pinned ones

MemoryInfo infoOf(const Source& source)
{
    const auto& header = source.memory.header;
    MemoryInfo info;
    info.sourceName = header.sourceName;
    info.sourceSha256 = header.sourceHash;
    info.tokens = header.sourceTokens;
    info.slots = header.slots();
    info.ratio = header.ratio();
    info.bytes = static_cast<std::int64_t>(source.memory.slots.nbytes());
    info.spans = spanInfos(header);
    info.dtype = header.dtype;
    info.positionLayout = layoutName(header.layout);
    info.adapterName = header.adapterName;
    info.adapterSha256 = header.adapterHash;
    info.hasText = source.hasText();
    return info;
}

} // namespace

MemoryShelf::MemoryShelf()
    : m_prefix("memory-" + std::to_string(std::random_device()()) + "-")
{
}

MemoryShelf::Held MemoryShelf::add(Source source, const std::string& path)
{
    source.memory.slots = source.memory.slots.to(at::kCPU);
    auto info = infoOf(source);
    info.path = path;
    std::list<Held> gone;
    Held added;
    {
        const std::scoped_lock lock(m_mutex);
        info.id = m_prefix + std::to_string(++m_count);
        m_held.push_back({info, std::make_shared<const Source>(std::move(source))});
        // The new one stays, whatever is pinned: its request has yet to read it.
        const auto isLoose = [](const Held& held) { return !held.info.pinned; };
        if (std::count_if(m_held.begin(), m_held.end(), isLoose) > mostHeld)
            gone.splice(gone.end(), m_held, std::find_if(m_held.begin(), m_held.end(), isLoose));
        added = m_held.back();
    }
    for (const auto& held : gone)
        if (m_tell)
            m_tell("The memory of " + held.info.sourceName + " (" + held.info.id
                   + ") was given up for a new one: " + std::to_string(mostHeld) + " are held beside pinned ones.");
    return added;
}

MemoryShelf::Held MemoryShelf::find(const std::string& id)
{
    const std::scoped_lock lock(m_mutex);
    return *position(id);
}

MemoryInfo MemoryShelf::saved(const std::string& id, const std::string& path)
{
    const std::scoped_lock lock(m_mutex);
    auto& info = position(id)->info;
    info.path = path;
    return info;
}

MemoryInfo MemoryShelf::pin(const std::string& id, bool pinned)
{
    const std::scoped_lock lock(m_mutex);
    auto& info = position(id)->info;
    info.pinned = pinned;
    return info;
}

void MemoryShelf::discard(const std::string& id)
{
    const std::scoped_lock lock(m_mutex);
    m_held.erase(position(id));
}

std::vector<MemoryInfo> MemoryShelf::list() const
{
    const std::scoped_lock lock(m_mutex);
    std::vector<MemoryInfo> infos;
    for (const auto& held : m_held)
        infos.push_back(held.info);
    return infos;
}

std::list<MemoryShelf::Held>::iterator MemoryShelf::position(const std::string& id)
{
    const auto found = std::find_if(m_held.begin(), m_held.end(), [&](const Held& held) { return held.info.id == id; });
    if (found == m_held.end())
        throw Error(ErrorKind::NotFound, "The engine no longer holds the memory " + id + ".",
                    "Compress the text again, or load the memory from its file.");
    return found;
}

} // namespace icae
