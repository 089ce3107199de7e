#include "terminal.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace icae {

namespace {

constexpr int exitInterrupted = 130;
constexpr int barWidth = 24;
constexpr auto redrawInterval = std::chrono::milliseconds(100);

sigset_t stopSignals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1); // wakes the waiter at the end
    return signals;
}

std::string duration(double seconds)
{
    const auto whole = static_cast<long>(seconds + 0.5);
    if (whole < 60)
        return std::to_string(whole) + " s";
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

} // namespace

StopOnSignal::StopOnSignal()
{
    const auto signals = stopSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    m_waiter = std::jthread([source = m_source](const std::stop_token& end) mutable {
        const auto awaited = stopSignals();
        while (true) {
            int signal = 0;
            sigwait(&awaited, &signal);
            if (end.stop_requested())
                return;
            if (signal != SIGUSR1 && !source.request_stop())
                _exit(exitInterrupted);
        }
    });
}

StopOnSignal::~StopOnSignal()
{
    m_waiter.request_stop();
    pthread_kill(m_waiter.native_handle(), SIGUSR1);
}

ProgressLine::ProgressLine()
    : m_terminal(isatty(STDERR_FILENO) == 1)
{
}

ProgressLine::~ProgressLine()
{
    clear();
}

void ProgressLine::show(const Progress& progress)
{
    if (!m_terminal)
        return;
    const auto now = Clock::now();
    if (progress.phase != m_phase) {
        m_phase = progress.phase;
        m_start = now;
    } else if (now - m_last < redrawInterval) {
        return;
    }
    m_last = now;
    const double elapsed = std::chrono::duration<double>(now - m_start).count();
    const double rate = elapsed > 0.2 ? progress.done / elapsed : 0;
    std::string line = "\r" + progress.phase + " ";
    if (progress.total > 0) {
        const auto filled = static_cast<int>(barWidth * std::min(1.0, progress.done / progress.total));
        for (int i = 0; i < barWidth; ++i)
            line += i < filled ? "▓" : "░";
    }
    if (rate > 0)
        line += " " + std::to_string(static_cast<long>(rate)) + " " + progress.unit + "/s";
    if (rate > 0 && progress.total > progress.done)
        line += " · " + duration((progress.total - progress.done) / rate) + " left";
    std::cerr << line << "\x1b[K" << std::flush;
    m_shown = true;
}

void ProgressLine::clear()
{
    if (m_shown)
        std::cerr << "\r\x1b[K" << std::flush;
    m_shown = false;
}

ProgressCallback ProgressLine::callback()
{
    return [this](const Progress& progress) { show(progress); };
}

bool outputHasColours()
{
    const char* refused = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

} // namespace icae
