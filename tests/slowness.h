#pragma once

/// How many times as long as usual the work of a test may take: sanitized code is slow, and nothing is wrong with that.
/// tests/CMakeLists.txt gives ctest the same patience.
#if defined(__SANITIZE_ADDRESS__)
constexpr int slowness = 6;
#elif defined(__SANITIZE_THREAD__)
constexpr int slowness = 10;
#else
constexpr int slowness = 1;
#endif
