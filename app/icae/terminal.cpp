#include "terminal.h"

#include "output.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <string_view>
#include <unistd.h>

namespace icae {

namespace {

constexpr int exitInterrupted = 130;
constexpr int barWidth = 24;
constexpr auto redrawInterval = std::chrono::milliseconds(100);

// A signal handler can reach nothing but what is global: the end of a pipe to the thread that acts.
volatile std::sig_atomic_t signalPipe = -1; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
constexpr char signalled = 's';
constexpr char hungUp = 'h'; // kernel and shell both say so: no reason to hurry
constexpr char finished = 'f';

extern "C" void passSignalOn(int signal)
{
    const int before = errno;
    [[maybe_unused]] const auto written = write(signalPipe, signal == SIGHUP ? &hungUp : &signalled, 1);
    errno = before;
}

std::string duration(double seconds)
{
    const auto whole = std::lround(seconds);
    if (whole < 60)
        return std::to_string(whole) + " s";
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

/// Whether the terminal knows control sequences.
bool terminalObeys()
{
    const char* kind = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return kind == nullptr || std::string_view(kind) != "dumb";
}

} // namespace

StopOnSignal::StopOnSignal()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return; // Ctrl-C then ends the program at once
    signalPipe = ends[1];
    m_waiter = std::jthread([source = m_source, end = ends[0]]() mutable {
        char event = 0;
        while (read(end, &event, 1) == 1 && event != finished)
            if (!source.request_stop() && event == signalled)
                _exit(exitInterrupted);
        close(end);
    });
    struct sigaction action { };
    action.sa_handler = passSignalOn;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    struct sigaction before { };
    if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) // not under nohup
        sigaction(SIGHUP, &action, nullptr);
    std::signal(SIGXFSZ, SIG_IGN);
}

StopOnSignal::~StopOnSignal()
{
    if (!m_waiter.joinable())
        return;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGHUP, SIG_DFL);
    [[maybe_unused]] const auto written = write(signalPipe, &finished, 1);
    m_waiter.join();
    close(signalPipe);
}

ProgressLine::ProgressLine()
    : m_terminal(isatty(STDERR_FILENO) == 1 && terminalObeys())
    , m_meter(redrawInterval)
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
    const auto reading = m_meter.read(progress);
    if (!reading)
        return;
    std::string line = "\r" + visible(progress.phase) + " ";
    if (reading->fraction) {
        const auto filled = static_cast<int>(barWidth * *reading->fraction);
        for (int i = 0; i < barWidth; ++i)
            line += i < filled ? "▓" : "░";
    }
    if (reading->rate)
        line += " " + std::to_string(static_cast<long>(*reading->rate)) + " " + progress.unit + "/s";
    if (reading->secondsLeft)
        line += " · " + duration(*reading->secondsLeft) + " left";
    writeTrusted(std::cerr, line + "\x1b[K");
    m_shown = true;
}

void ProgressLine::clear()
{
    if (m_shown)
        writeTrusted(std::cerr, "\r\x1b[K");
    m_shown = false;
}

ProgressCallback ProgressLine::callback()
{
    return [this](const Progress& progress) { show(progress); };
}

bool outputHasColours()
{
    const char* refused = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return isatty(STDOUT_FILENO) == 1 && terminalObeys() && (refused == nullptr || *refused == '\0');
}

} // namespace icae
