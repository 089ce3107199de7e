#!/usr/bin/env bash
# packaging/test.sh [CTEST_OPTION...]: installs what is missing, builds with warnings as errors and runs the tests.
# With CI=true it also builds the fuzzers and runs each for ICAE_FUZZ_SECONDS (20) seconds, before the tests, so that
# ctest's summary closes the output.
# packaging/test.sh --tsan [CTEST_OPTION...]: builds what works with threads of our own with ThreadSanitizer instead, and
# runs its tests.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

ci=false
[[ "${CI:-}" != true && "${CI:-}" != 1 ]] || ci=true

# The tests compare texts, not translations; and they need no display.
export LC_ALL=C.UTF-8 QT_QPA_PLATFORM=offscreen

if $ci; then
    "$icaeRoot/packaging/setup.sh" --ci
else
    "$icaeRoot/packaging/setup.sh" --test
fi
if [[ "${1:-}" == --tsan ]]; then
    shift
    buildPreset dev-tsan icae_thread_tests
    say "Testing build/dev-tsan"
    cd -- "$icaeRoot" && exec ctest --preset dev-tsan --no-tests=error "$@"
fi
buildPreset release all -DICAE_WERROR=ON

fuzz=0
if $ci; then
    buildPreset fuzz all
    "$icaeRoot/tests/fuzz/run.sh" "${ICAE_FUZZ_SECONDS:-20}" "$icaeRoot/build/fuzz" || fuzz=$?
fi

say "Testing build/release"
tests=0
# Two at a time: most wait for processes of theirs half of the time, and those that keep all cores busy run alone.
(cd -- "$icaeRoot" && ctest --preset release --parallel 2 --no-tests=error "$@") || tests=$?
((fuzz == 0)) || say "tests/fuzz/run.sh failed with exit code $fuzz: see its messages above ctest's"
((fuzz == 0 && tests == 0))
