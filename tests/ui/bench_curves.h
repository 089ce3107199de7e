#pragma once

#include "session/engine_client.h"
#include "session/theme.h"

#include <functional>
#include <string>

namespace icae {

using BenchReport = std::function<void(const std::string& what, qint64 milliseconds)>;

/// Reads ten runs through the engine, and draws, zooms and drags their curves.
/// @param client ready
void benchCurves(EngineClient& client, const Theme& theme, const BenchReport& report);

} // namespace icae
