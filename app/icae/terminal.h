#pragma once

#include "protocol/progress.h"

#include <stop_token>
#include <string>
#include <thread>

namespace icae {

/// Turns the first Ctrl-C (SIGINT, SIGTERM, a closed terminal's SIGHUP) into a stop request and the second into an
/// immediate exit with 130. A file that grows beyond a limit (SIGXFSZ) is a fault of writing like a full disk. One at a
/// time.
class StopOnSignal {
public:
    StopOnSignal();
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
    std::jthread m_waiter;
};

/// A progress line on standard error: bar, rate and time left where it is a terminal, nothing otherwise.
class ProgressLine {
public:
    ProgressLine();
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Progress& progress);
    void clear();
    ProgressCallback callback();

private:
    bool m_terminal = false;
    bool m_shown = false;
    ProgressMeter m_meter;
};

/// True where standard output is a terminal that shows colours (and NO_COLOR is not set).
bool outputHasColours();

} // namespace icae
