#pragma once

#include "train/rank_guard.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// The processes that train one job together, as one of them sees it. Where it trains alone, all of this costs nothing.
class Ranks {
public:
    struct Settings {
        RankPlace place;
        at::Device device = at::kCPU; ///< of this rank
        std::chrono::seconds patience{600}; ///< RankGuard's
        std::stop_token stop; ///< this rank's
        std::function<void(const Error&)> lastWords; ///< RankGuard's
    };

    /// Meets the others; rank 0 starts them where nobody else does.
    /// @throws Error (Unsupported, Io, Internal)
    explicit Ranks(Settings settings);
    ~Ranks();
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;

    std::int64_t rank() const { return m_place.rank; }
    std::int64_t size() const { return m_place.size; }
    bool alone() const { return m_place.alone(); }
    bool first() const { return m_place.first(); }

    /// Requested where any rank was asked to stop.
    std::stop_token stop() const { return m_guard ? m_guard->stop() : m_settings.stop; }
    /// What this rank's main thread does.
    void enter(RankPhase phase) const;
    void progress() const;
    /// @throws Error where another rank has failed
    void check() const;

    /// Holds this rank back until the first of its host has called it and come on: what that leaves in the cache is
    /// read by the others.
    void afterFirstOfHost(const std::string& topic, const std::function<void()>& work);
    /// Rank 0's text, on all ranks. Each topic may be used once.
    /// @param text of rank 0
    std::string fromFirst(const std::string& topic, const std::string& text);
    /// All ranks' texts in their order, at rank 0; empty elsewhere. Each topic may be used once.
    std::vector<std::string> toFirst(const std::string& topic, const std::string& text);
    /// @param what e.g. "the job"
    /// @throws Error (Mismatch) where rank 0 has another text
    void requireSame(const std::string& what, const std::string& text);

    /// Lets tensors be exchanged from here on.
    /// @throws Error
    void join();
    /// In place the sum over all ranks; on a GPU enqueued.
    void sum(at::Tensor& numbers);
    /// In place what rank 0 has.
    void spread(at::Tensor& numbers);

    /// Tells the others that this rank fails, and why.
    void fail(const Error& error) noexcept;
    /// The work is done, or ended alike on all ranks: waits until all have come here.
    void leave();

private:
    template <typename Function> auto explained(Function&& function);
    void awaitKey(const std::string& key);

    Settings m_settings;
    RankPlace m_place;
    RankProcesses m_processes;
    std::shared_ptr<RankStore> m_store;
    std::unique_ptr<RankGroup> m_group;
    std::unique_ptr<RankGuard> m_guard;
    bool m_left = false;
};

/// The device of a rank: on a host with several GPUs, each takes its own.
/// @param spec as chooseDevice() takes it
/// @throws Error (InvalidInput) where ranks would share a GPU; (Device) where there are too few
std::string rankDevice(const std::string& spec, const RankPlace& place);

} // namespace icae
