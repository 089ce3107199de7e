#pragma once

#include "protocol/text_messages.h"
#include "reading/source.h"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace icae {

/// Memories that requests may name. Slots are held in host memory, so that a model can go and come back. The oldest
/// ones that nobody pinned go first where there are too many.
class MemoryShelf {
public:
    struct Held {
        MemoryInfo info;
        std::shared_ptr<const Source> source;
    };

    MemoryShelf();

    /// @param path where it was loaded from; empty for a new one
    Held add(Source source, const std::string& path);
    /// Is told in a sentence which memory went by itself; may be empty.
    void onGone(std::function<void(const std::string&)> tell) { m_tell = std::move(tell); }
    /// @throws Error (NotFound) where there is no such memory, here and below
    Held find(const std::string& id);
    MemoryInfo saved(const std::string& id, const std::string& path); ///< notes where it was saved
    MemoryInfo pin(const std::string& id, bool pinned); ///< a pinned one never goes by itself
    void discard(const std::string& id);
    std::vector<MemoryInfo> list() const; ///< oldest first

private:
    std::list<Held>::iterator position(const std::string& id);

    std::function<void(const std::string&)> m_tell;
    mutable std::mutex m_mutex;
    std::string m_prefix; ///< another one each start: ids of an engine that died must not name other memories
    std::int64_t m_count = 0;
    std::list<Held> m_held;
};

} // namespace icae
