#pragma once

#include "tensor/torch.h"
#include "train/rank_place.h"

#include <chrono>
#include <memory>
#include <string>

namespace icae {

// What LibTorch's distributed engine (c10d) does for us. Nothing else includes its headers.

/// Texts under keys that all ranks see.
class RankStore {
public:
    RankStore() = default;
    RankStore(const RankStore&) = delete;
    RankStore& operator=(const RankStore&) = delete;
    virtual ~RankStore() = default;

    // Each throws Error (Io) where the store is gone.
    virtual void set(const std::string& key, const std::string& text) = 0;
    virtual bool has(const std::string& key) = 0;
    /// Of a key that it has.
    virtual std::string get(const std::string& key) = 0;
    /// @return the sum so far
    virtual std::int64_t add(const std::string& key, std::int64_t count) = 0;
    virtual std::uint16_t port() const = 0;
};

/// A connection to the store at a place's address; a thread's own.
/// @param serves this process has the store
/// @throws Error (Io) where it cannot be reached
std::shared_ptr<RankStore> openRankStore(const RankPlace& place, bool serves);

/// Numbers that all ranks work on together. All ranks call the same in the same order.
class RankGroup {
public:
    RankGroup() = default;
    RankGroup(const RankGroup&) = delete;
    RankGroup& operator=(const RankGroup&) = delete;
    virtual ~RankGroup() = default;

    /// In place the sum over all ranks. On a GPU it is only enqueued: what is enqueued after it sees the sums.
    virtual void sum(at::Tensor& numbers) = 0;
    /// In place what rank 0 has.
    virtual void spread(at::Tensor& numbers) = 0;
};

/// @throws Error (Unsupported) where this build's LibTorch has no engine for the device
void requireRankGroup(const at::Device& device);

/// NCCL's on a GPU, Gloo's on the CPU.
/// @param store of this thread
/// @throws Error as requireRankGroup(); (Io) where the ranks do not find each other
std::unique_ptr<RankGroup> joinRankGroup(const std::shared_ptr<RankStore>& store, const RankPlace& place,
                                         const at::Device& device);

/// Sets what NCCL and its watchdogs read from the environment, but for what the user has set: no NVLink multicast, and
/// no watchdog that ends a process, since RankGuard does. To be called while no other thread runs.
void prepareRankEnvironment();

} // namespace icae
