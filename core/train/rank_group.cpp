#include "train/rank_group.h"

#include "protocol/error.h"
#include "tensor/compat.h"
#include "train/c10d.h"

#include <array>
#include <cstdlib>
#include <utility>

namespace icae {

namespace {

[[noreturn]] void refuse(const at::Device& device)
{
    throw Error(ErrorKind::Unsupported,
                std::string("The LibTorch of this build has no engine for several ranks on ")
                    + (device.is_cuda() ? "GPUs (c10d with NCCL)." : "the CPU (c10d with Gloo)."),
                device.is_cuda()
                    ? "Build against a Python install of PyTorch, which carries NCCL and nccl.h, or use one GPU."
                    : "Install libgloo-dev and build again, or train without --gpus.");
}

} // namespace

void requireRankGroup(const at::Device& device)
{
#ifdef ICAE_C10D_GLOO
    if (device.is_cpu())
        return;
#endif
#ifdef ICAE_C10D_NCCL
    if (device.is_cuda())
        return;
#endif
    refuse(device);
}

void prepareRankEnvironment()
{
    constexpr std::array<std::pair<const char*, const char*>, 4> defaults{{
        {"NCCL_NVLS_ENABLE", "0"},
        {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "0"},
        {"TORCH_NCCL_ENABLE_MONITORING", "0"},
        {"TORCH_NCCL_DUMP_ON_TIMEOUT", "0"},
    }};
    for (const auto& [name, value] : defaults)
        setenv(name, value, 0); // NOLINT(concurrency-mt-unsafe): see the header
}

#ifdef ICAE_C10D

namespace {

constexpr std::chrono::seconds meetingTime(300); // within which all ranks must have been started
constexpr std::chrono::hours never(24 * 365); // RankGuard ends who hangs

/// The first line of what c10d says; stacks follow.
std::string firstLine(const std::exception& fault)
{
    const std::string text = fault.what();
    return text.substr(0, text.find('\n'));
}

/// What c10d throws becomes an Error.
template <typename Function> auto translated(const std::string& what, Function&& function)
{
    try {
        return function();
    } catch (const Error&) {
        throw;
    } catch (const std::exception& fault) {
        if (compat::isOutOfMemory(fault))
            throw;
        throw Error(ErrorKind::Io, what + ".", "Look at the other ranks and the network between their hosts.",
                    firstLine(fault));
    }
}

class TcpStore final : public RankStore {
    template <typename Function> auto call(Function&& function)
    {
        return translated("The ranks' store at " + m_place + " does not answer any more", function);
    }

public:
    explicit TcpStore(const RankPlace& place, bool serves)
        : m_place(place.address + ":" + std::to_string(place.port))
        , m_prefix("icae/" + place.attempt)
    {
        c10d::TCPStoreOptions options;
        options.port = place.port;
        options.isServer = serves;
        options.waitWorkers = false;
        options.timeout = meetingTime;
        translated(serves ? "The port " + std::to_string(place.port) + " cannot be opened for the ranks to meet"
                          : "Rank " + std::to_string(place.rank) + " on " + hostName() + " cannot reach the others at "
                           + m_place,
                   [&] {
                       m_store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
                       m_keys = c10::make_intrusive<c10d::PrefixStore>(m_prefix, m_store);
                   });
    }

    void set(const std::string& key, const std::string& text) override
    {
        call([&] { m_keys->set(key, std::vector<std::uint8_t>(text.begin(), text.end())); });
    }

    bool has(const std::string& key) override
    {
        return call([&] { return m_keys->check({key}); });
    }

    std::string get(const std::string& key) override
    {
        return call([&] {
            const auto bytes = m_keys->get(key);
            return std::string(bytes.begin(), bytes.end());
        });
    }

    std::int64_t add(const std::string& key, std::int64_t count) override
    {
        return call([&] { return m_keys->add(key, count); });
    }

    std::uint16_t port() const override { return m_store->getPort(); }
    const c10::intrusive_ptr<c10d::Store>& keys() const { return m_keys; }

private:
    std::string m_place;
    std::string m_prefix;
    c10::intrusive_ptr<c10d::TCPStore> m_store;
    c10::intrusive_ptr<c10d::Store> m_keys;
};

/// The engines differ in their constructors alone.
template <typename Engine> class EngineGroup final : public RankGroup {
public:
    explicit EngineGroup(c10::intrusive_ptr<Engine> engine)
        : m_engine(std::move(engine))
    {
    }
    ~EngineGroup() override
    {
        if constexpr (requires(Engine & e) { e.shutdown(); }) { // newer versions warn where it is left to them
            try {
                m_engine->shutdown();
            } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it ends with the process
            }
        }
    }

    void sum(at::Tensor& numbers) override
    {
        std::vector<at::Tensor> tensors{numbers};
        finish([&] { return m_engine->allreduce(tensors); });
    }

    void spread(at::Tensor& numbers) override
    {
        std::vector<at::Tensor> tensors{numbers};
        finish([&] { return m_engine->broadcast(tensors); });
    }

private:
    template <typename Function> void finish(Function&& begin)
    {
        translated("The exchange with the other ranks broke off", [&] { begin()->wait(); });
    }

    c10::intrusive_ptr<Engine> m_engine;
};

#ifdef ICAE_C10D_GLOO
std::unique_ptr<RankGroup> joinGloo(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place)
{
    using Gloo = c10d::ProcessGroupGloo;
    auto options = Gloo::Options::create();
    options->timeout = never;
    options->threads = 1;
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); // NOLINT(concurrency-mt-unsafe): nothing changes it
    if (interface != nullptr && *interface != '\0')
        options->devices.push_back(Gloo::createDeviceForInterface(interface));
    else if (place.address == "127.0.0.1" || place.address == "localhost") // all on this host
        options->devices.push_back(Gloo::createDeviceForHostname("127.0.0.1"));
    else
        options->devices.push_back(Gloo::createDefaultDevice());
    return std::make_unique<EngineGroup<Gloo>>(c10::make_intrusive<Gloo>(
        store, static_cast<int>(place.rank), static_cast<int>(place.size), std::move(options)));
}
#endif

#ifdef ICAE_C10D_NCCL
std::unique_ptr<RankGroup> joinNccl(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place)
{
    using Nccl = c10d::ProcessGroupNCCL;
    auto options = Nccl::Options::create();
    options->timeout = never;
    return std::make_unique<EngineGroup<Nccl>>(c10::make_intrusive<Nccl>(
        store, static_cast<int>(place.rank), static_cast<int>(place.size), std::move(options)));
}
#endif

} // namespace

std::shared_ptr<RankStore> openRankStore(const RankPlace& place, bool serves)
{
    return std::make_shared<TcpStore>(place, serves);
}

std::unique_ptr<RankGroup> joinRankGroup(const std::shared_ptr<RankStore>& store, const RankPlace& place,
                                         const at::Device& device)
{
    requireRankGroup(device);
    const auto& keys = dynamic_cast<const TcpStore&>(*store).keys();
    return translated("Rank " + std::to_string(place.rank) + " on " + hostName() + " does not find the other ranks",
                      [&]() -> std::unique_ptr<RankGroup> {
#ifdef ICAE_C10D_NCCL
                          if (device.is_cuda()) {
                              const c10::cuda::CUDAGuard current(device);
                              return joinNccl(keys, place);
                          }
#endif
#ifdef ICAE_C10D_GLOO
                          return joinGloo(keys, place);
#else
                          refuse(device);
#endif
                      });
}

#else

std::shared_ptr<RankStore> openRankStore(const RankPlace&, bool)
{
    refuse(at::kCPU);
}

std::unique_ptr<RankGroup> joinRankGroup(const std::shared_ptr<RankStore>&, const RankPlace&, const at::Device& device)
{
    refuse(device);
}

#endif

} // namespace icae
