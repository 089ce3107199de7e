#include "tensor/tensor_hash.h"

#include "protocol/error.h"
#include "tensor/sha256.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace icae {

namespace {

constexpr std::size_t pieceBytes = std::size_t{4} << 20U; // part of what the hash is: never to be changed
constexpr unsigned mostThreads = 32; // beyond, memory is the limit
constexpr auto reportEvery = std::chrono::milliseconds(100);

using Bytes = std::span<const std::byte>;

/// Has the system read a piece of a mapped file at once and not page by page. Where it cannot, touching it does.
void readAhead(Bytes piece)
{
#ifdef MADV_POPULATE_READ
    static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(piece.data()); // NOLINT: an address as a number
    const auto start = begin & ~(page - 1);
    auto* address = reinterpret_cast<void*>(start); // NOLINT: a number as an address
    [[maybe_unused]] const int ignored = madvise(address, begin + piece.size() - start, MADV_POPULATE_READ);
#endif
}

/// Pieces that several threads take one after the other.
class PieceWork {
public:
    explicit PieceWork(std::vector<Bytes> pieces)
        : m_pieces(std::move(pieces))
        , m_digests(m_pieces.size())
    {
    }

    void run(const ProgressCallback& progress, const std::stop_token& stop)
    {
        std::size_t total = 0;
        for (const auto& piece : m_pieces)
            total += piece.size();
        const auto useful = std::max<std::size_t>(1, total / pieceBytes);
        const auto threads = std::min<std::size_t>(
            {useful, m_pieces.size(), mostThreads, std::max(1U, std::thread::hardware_concurrency())});
        Progress state{"Hashing the base", 0, static_cast<double>(total), "bytes"};
        {
            std::vector<std::jthread> workers;
            m_running = threads;
            for (std::size_t i = 0; i < threads; ++i)
                workers.emplace_back([this, &stop] { work(stop); });
            std::unique_lock lock(m_mutex);
            while (!m_ended.wait_for(lock, reportEvery, [this] { return m_running == 0; })) {
                state.done = static_cast<double>(m_done.load());
                if (!progress)
                    continue;
                lock.unlock();
                progress(state);
                lock.lock();
            }
        }
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Hashing was stopped.", {});
        state.done = state.total;
        if (progress)
            progress(state);
    }

    const std::string& digest(std::size_t piece) const { return m_digests[piece]; }

private:
    void work(const std::stop_token& stop)
    {
        for (auto i = m_next++; i < m_pieces.size() && !stop.stop_requested(); i = m_next++) {
            const auto& piece = m_pieces[i];
            readAhead(piece);
            Sha256 hash;
            hash.update(piece);
            m_digests[i] = hash.hex();
            m_done += piece.size();
        }
        const std::scoped_lock lock(m_mutex);
        if (--m_running == 0)
            m_ended.notify_all();
    }

    std::vector<Bytes> m_pieces;
    std::vector<std::string> m_digests;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<std::size_t> m_done = 0; ///< bytes
    std::size_t m_running = 0; ///< threads
    std::mutex m_mutex;
    std::condition_variable m_ended;
};

std::string lineOf(const TensorView& tensor)
{
    auto line = std::to_string(tensor.name.size()) + " " + tensor.name + " " + std::string(nameOf(tensor.dtype)) + " [";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
        line += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
    return line + "]";
}

} // namespace

std::string hashOfTensors(const TensorStore& store, const std::vector<std::string>& names,
                          const ProgressCallback& progress, const std::stop_token& stop)
{
    std::vector<Bytes> pieces;
    for (const auto& name : names)
        for (auto rest = store.tensor(name).data; !rest.empty(); rest = rest.subspan(std::min(pieceBytes, rest.size())))
            pieces.push_back(rest.first(std::min(pieceBytes, rest.size())));
    PieceWork work(std::move(pieces));
    work.run(progress, stop);
    store.requireUnchanged();
    std::string all;
    std::size_t piece = 0;
    for (const auto& name : names) {
        const auto& tensor = store.tensor(name);
        all += lineOf(tensor);
        for (std::size_t at = 0; at < tensor.data.size(); at += pieceBytes)
            all += " " + work.digest(piece++);
        all += "\n";
    }
    return sha256(all);
}

} // namespace icae
