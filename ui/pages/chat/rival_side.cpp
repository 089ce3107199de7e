#include "pages/chat/rival_side.h"

#include <algorithm>
#include <utility>

namespace icae {

RivalSide::RivalSide(EngineClient& client, QObject* page)
    : QObject(page)
    , m_client(client)
    , m_page(page)
{
}

void RivalSide::prepare(const Rival& rival, const std::vector<UsedMemory>& memories, std::vector<LibraryMemory> library)
{
    m_rival = rival;
    m_wanted = memories;
    m_made.clear();
    m_library = std::move(library);
    m_model.clear();
    m_adapterSha256 = m_client.model() ? m_client.model()->adapterSha256 : std::string();
    if (rival.base.empty())
        return next();
    LoadModelParams load{rival.base, rival.adapter};
    if (const auto& model = m_client.model()) {
        load.device = model->requestedDevice;
        load.dtype = model->requestedDtype;
    }
    load.beside = true;
    m_request = m_client.call(protocol::modelsLoad, load, m_page,
                              {.done =
                                   [this](const LoadedModel& loaded) {
                                       m_model = loaded.id;
                                       m_adapterSha256 = loaded.adapterSha256;
                                       next();
                                   },
                               .failed = [this](const Error& why) { fail(why); }});
}

void RivalSide::stop()
{
    if (isPreparing())
        m_client.cancel(m_request);
}

const LibraryMemory* RivalSide::find(const std::string& id) const
{
    const auto found =
        std::find_if(m_library.begin(), m_library.end(), [&](const LibraryMemory& one) { return one.id == id; });
    return found == m_library.end() ? nullptr : &*found;
}

/// The same text, cut alike, in the rival's slots.
const LibraryMemory* RivalSide::fitting(const LibraryMemory& original) const
{
    const auto fits = [&](const LibraryMemory& one) {
        if (one.textSha256 != original.textSha256 || one.adapterSha256 != m_adapterSha256
            || one.spans.size() != original.spans.size())
            return false;
        for (std::size_t i = 0; i < one.spans.size(); ++i)
            if (one.spans[i].tokens != original.spans[i].tokens
                || one.spans[i].slots != (m_rival.slots > 0 ? m_rival.slots : original.spans[i].slots))
                return false;
        return true;
    };
    const auto found = std::find_if(m_library.begin(), m_library.end(), fits);
    return found == m_library.end() ? nullptr : &*found;
}

void RivalSide::next()
{
    while (m_made.size() < m_wanted.size()) {
        const auto* original = find(m_wanted[m_made.size()].id);
        if (original == nullptr)
            return fail(Error(ErrorKind::NotFound, m_wanted[m_made.size()].name + " is no longer in the library.",
                              "Bring it back first."));
        if (const auto* there = fitting(*original)) {
            take(*there);
            continue;
        }
        LibraryRecompressParams params;
        params.id = original->id;
        params.model = m_model;
        if (m_rival.slots > 0)
            params.slots = m_rival.slots;
        std::int64_t longest = 0; // so that it is cut alike
        for (const auto& span : original->spans)
            longest = std::max(longest, span.tokens);
        if (longest > 0)
            params.spanTokens = longest;
        m_request = m_client.call(protocol::libraryRecompress, params, m_page,
                                  {.done =
                                       [this](const LibraryMemory& memory) {
                                           Q_EMIT added(memory);
                                           take(memory);
                                           next();
                                       },
                                   .failed = [this](const Error& why) { fail(why); }});
        return;
    }
    m_request = -1;
    Q_EMIT ready();
}

void RivalSide::take(const LibraryMemory& memory)
{
    auto used = m_wanted[m_made.size()];
    const auto fits = [&](std::int64_t span) { return span < std::ssize(memory.spans); };
    if (!std::all_of(used.spans.begin(), used.spans.end(), fits)
        || !std::all_of(used.expanded.begin(), used.expanded.end(), fits)) { // another tokenizer cut it otherwise
        used.spans.clear();
        used.expanded.clear();
    }
    used.id = memory.id;
    m_made.push_back(std::move(used));
}

void RivalSide::fail(const Error& why)
{
    m_request = -1;
    Q_EMIT failed(why);
}

} // namespace icae
