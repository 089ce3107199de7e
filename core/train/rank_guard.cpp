#include "train/rank_guard.h"

#include "protocol/json.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

namespace icae {

namespace {

using namespace std::chrono_literals;

constexpr auto lookAgain = 200ms;
constexpr auto beatEvery = 1s;
constexpr auto silence = 15s; // after which a rank that nobody here started counts as dead
constexpr auto explanation = 18s; // within which a broken connection is explained
constexpr auto graceToHear = 4s; // for the main thread to hear of a failure
constexpr auto graceToEnd = 5s; // to end by itself afterwards
constexpr int exitFailed = 3;

constexpr auto failedKey = "failed";
constexpr auto stopKey = "stop";
constexpr auto resumeAdvice = "The last checkpoint stands: go on from it with icae train --resume.";

std::string beatKey(std::int64_t rank)
{
    return "beat/" + std::to_string(rank);
}

std::string toText(const Error& error)
{
    return nlohmann::json{
        {"kind", errorKindName(error.kind())}, {"sentence", error.message()}, {"remedy", error.remedy()}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Error errorOf(const std::string& text)
{
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object())
        return {ErrorKind::Internal, "Another rank failed.", resumeAdvice};
    return {errorKindNamed(json.value("kind", "")), json.value("sentence", ""), json.value("remedy", "")};
}

std::string seconds(std::chrono::seconds time)
{
    return std::to_string(time.count()) + " s";
}

} // namespace

RankGuard::RankGuard(std::shared_ptr<RankStore> store, Settings settings, RankProcesses* processes)
    : m_store(std::move(store))
    , m_settings(std::move(settings))
    , m_processes(processes)
{
    if (m_settings.place.parent != 0)
        prctl(PR_SET_PDEATHSIG, SIGCONT); // one that was halted must see its parent's end, too
    m_thread = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    m_second = std::jthread([this](const std::stop_token& stop) { watchTheWatch(stop); });
}

RankGuard::~RankGuard()
{
    leave();
}

void RankGuard::enter(RankPhase phase)
{
    m_phase = phase;
    ++m_progress;
}

void RankGuard::check()
{
    const std::scoped_lock lock(m_mutex);
    if (!m_verdict)
        return;
    m_heard = true;
    m_changed.notify_all();
    throw *m_verdict;
}

void RankGuard::explain(const Error& fault)
{
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, explanation, [this] { return m_verdict.has_value(); });
    }
    check();
    throw fault;
}

void RankGuard::fail(RankStore& store, const Error& error) noexcept
{
    {
        const std::scoped_lock lock(m_mutex);
        if (m_verdict || m_left)
            return;
        m_verdict = error;
        m_heard = true;
        m_changed.notify_all();
    }
    try {
        if (store.add("failures", 1) != 1)
            return;
        const auto& place = m_settings.place;
        const auto who = "Rank " + std::to_string(place.rank) + " on " + hostName();
        const bool stopped = error.kind() == ErrorKind::Cancelled;
        store.set(
            failedKey,
            toText({error.kind(), stopped ? error.message() : who + " failed: " + error.message(), error.remedy()}));
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): the store is gone, and with it the others
    }
}

void RankGuard::leave()
{
    const std::scoped_lock lock(m_mutex);
    m_left = true;
    m_changed.notify_all();
}

void RankGuard::watch(const std::stop_token& stop)
{
    const auto over = [&] {
        const std::scoped_lock lock(m_mutex);
        return stop.stop_requested() || m_left || m_verdict;
    };
    while (!over()) {
        try {
            look(Clock::now());
        } catch (const std::exception&) {
            const auto& place = m_settings.place;
            take({ErrorKind::Io,
                  place.agentStore ? "torchrun's store at " + place.address + " is gone."
                                   : nameOf(0) + " cannot be reached any more: its process or its host is gone.",
                  resumeAdvice});
        }
        ++m_looked;
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, stop, lookAgain, [this] { return m_left; });
    }
    const bool failed = [&] {
        const std::scoped_lock lock(m_mutex);
        return m_verdict && !m_left;
    }();
    if (failed)
        endTogether();
}

void RankGuard::look(Clock::time_point now)
{
    passStop();
    if (m_store->has(failedKey)) {
        take(errorOf(m_store->get(failedKey)));
        return;
    }
    const auto& place = m_settings.place;
    if (place.parent != 0 && getppid() != place.parent) {
        take({ErrorKind::Io, nameOf(0) + " has ended without a word.", resumeAdvice});
        return;
    }
    if (m_processes != nullptr)
        lookAtProcesses();
    if (now - m_told < beatEvery)
        return;
    m_told = now;
    nameOf(0); // while its store can say
    tell();
    lookAtBeats(now);
}

/// A stop that is asked for anywhere is one for all.
void RankGuard::passStop()
{
    if (m_toldStop)
        return;
    if (m_settings.asked.stop_requested())
        m_store->set(stopKey, "1");
    else if (!m_store->has(stopKey))
        return;
    m_toldStop = true;
    m_stop.request_stop();
}

void RankGuard::tell()
{
    m_store->set(beatKey(m_settings.place.rank),
                 std::to_string(++m_beats) + " " + std::to_string(static_cast<int>(m_phase.load())) + " "
                     + std::to_string(m_progress.load()));
}

void RankGuard::lookAtProcesses()
{
    while (const auto ended = m_processes->ended()) {
        if (m_store->has(failedKey)) { // it had something to say
            take(errorOf(m_store->get(failedKey)));
            return;
        }
        const auto name = nameOf(ended->rank);
        if (ended->signal != 0)
            declare({ErrorKind::EngineLost,
                     name + " was killed by signal " + std::to_string(ended->signal) + " ("
                         + std::string(sigabbrev_np(ended->signal)) + ").",
                     (ended->signal == SIGKILL ? "If nobody did that, its memory ran out: see the kernel's log. " : "")
                         + std::string(resumeAdvice)});
        else
            declare({ErrorKind::EngineLost,
                     name + " ended with code " + std::to_string(ended->code) + " without a word.", resumeAdvice});
        return;
    }
}

void RankGuard::readBeat(std::int64_t rank, Clock::time_point now)
{
    if (!m_store->has(beatKey(rank)))
        return; // not begun yet
    const auto text = m_store->get(beatKey(rank));
    auto& beat = m_others[rank];
    if (text == beat.text)
        return;
    beat.text = text;
    beat.changed = now;
    const auto phase = text.find(' ');
    if (phase == std::string::npos || phase + 2 >= text.size())
        return;
    beat.phase = static_cast<RankPhase>(text[phase + 1] - '0');
    if (const auto progress = text.substr(phase); progress != beat.progress) {
        beat.progress = progress;
        beat.progressed = now;
    }
}

void RankGuard::lookAtBeats(Clock::time_point now)
{
    const auto& place = m_settings.place;
    const auto watched = place.first() ? place.size : 1; // the others look at rank 0 alone
    std::int64_t waiting = 0;
    for (std::int64_t rank = 0; rank < watched; ++rank) {
        readBeat(rank, now);
        const auto it = m_others.find(rank);
        if (it == m_others.end())
            continue;
        const auto& beat = it->second;
        const bool ours = rank == place.rank || m_processes != nullptr; // whose end is seen otherwise
        if (!ours && now - beat.changed > silence)
            declare({ErrorKind::EngineLost, nameOf(rank) + " has not been heard of for " + seconds(silence) + ".",
                     std::string("Its process or its host is gone, or the network to it. ") + resumeAdvice});
        const bool halted = now - beat.changed > m_settings.patience; // not even its guard does anything
        const bool still = now - beat.progressed > m_settings.patience;
        if (place.first() && (halted || (still && beat.phase == RankPhase::Working)))
            declare(
                {ErrorKind::EngineLost,
                 nameOf(rank) + " hangs: it has made no progress for " + seconds(m_settings.patience) + ".",
                 "Look at its device and its files; --patience says how long is waited. " + std::string(resumeAdvice)});
        const bool waits = now - beat.progressed > m_settings.patience + silence && beat.phase == RankPhase::Waiting;
        waiting += waits ? 1 : 0;
    }
    if (place.first() && waiting == place.size)
        declare({ErrorKind::EngineLost,
                 "All ranks have waited for each other for " + seconds(m_settings.patience) + "; the first of them is "
                     + nameOf(0) + ".",
                 "Look at the network between their hosts. " + std::string(resumeAdvice)});
}

/// What this rank has found out about another is told to all.
void RankGuard::declare(const Error& error)
{
    if (m_store->add("failures", 1) == 1)
        m_store->set(failedKey, toText(error));
    else if (m_store->has(failedKey))
        return take(errorOf(m_store->get(failedKey)));
    take(error);
}

void RankGuard::take(const Error& error)
{
    {
        const std::scoped_lock lock(m_mutex);
        if (m_verdict)
            return;
        m_verdict = error;
        m_changed.notify_all();
    }
    m_stop.request_stop(); // whatever listens to it ends sooner
}

/// Lets the main thread end this process in its own way, and ends it where it does not.
void RankGuard::endTogether()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, graceToHear, [this] { return m_heard || m_left; });
    if (m_heard)
        m_changed.wait_for(lock, graceToEnd, [this] { return m_left; });
    if (m_left)
        return;
    lock.unlock();
    endNow();
}

/// @param firstIsLost rank 0 will not say why
void RankGuard::endNow(bool firstIsLost)
{
    const auto error = [this] {
        const std::scoped_lock lock(m_mutex);
        return *m_verdict;
    }();
    try {
        if (m_settings.lastWords)
            m_settings.lastWords(error);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): there is nobody left to hear
    }
    const auto& place = m_settings.place;
    if (firstIsLost || place.parent == 0 || getppid() != place.parent)
        std::fprintf(stderr, "icae: %s\n%s\n", error.message().c_str(), error.remedy().c_str()); // NOLINT
    if (m_processes != nullptr) {
        for (auto waited = 0ms; waited < graceToEnd && m_processes->any(); waited += lookAgain) {
            std::this_thread::sleep_for(lookAgain);
            m_processes->ended();
        }
        m_processes->kill();
    } else if (place.first()) {
        std::this_thread::sleep_for(2 * beatEvery); // the others hear of it from the store that ends with this process
    }
    _exit(exitFailed);
}

/// A store on a halted machine neither answers nor breaks off.
void RankGuard::watchTheWatch(const std::stop_token& stop)
{
    std::int64_t looked = -1;
    auto since = Clock::now();
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested() && !m_left) {
        m_changed.wait_for(lock, stop, beatEvery, [this] { return m_left; });
        if (m_verdict)
            continue; // the guard's thread has it
        if (looked != m_looked) {
            looked = m_looked;
            since = Clock::now();
        }
        if (Clock::now() - since <= m_settings.patience)
            continue;
        m_verdict = Error(ErrorKind::EngineLost,
                          "Rank 0 at " + m_settings.place.address + " hangs: its store has not answered for "
                              + seconds(m_settings.patience) + ".",
                          resumeAdvice);
        lock.unlock();
        endNow(true);
    }
}

std::string RankGuard::nameOf(std::int64_t rank)
{
    auto& host = m_hosts[rank];
    try {
        const auto key = "host/" + std::to_string(rank);
        if (host.empty() && m_store->has(key))
            host = m_store->get(key);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): the store is gone
    }
    return "Rank " + std::to_string(rank) + (host.empty() ? " at " + m_settings.place.address : " on " + host);
}

} // namespace icae
