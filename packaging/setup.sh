#!/usr/bin/env bash
# packaging/setup.sh [--test] [--ci]: installs with apt what building needs and is missing; with --test what the tests
# need too, with --ci also what fuzzers and packaging/tidy.sh need.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

lists=(packages.txt)
for option in "$@"; do
    case "$option" in
    --test) lists+=(packages-test.txt) ;;
    --ci) lists+=(packages-test.txt packages-ci.txt) ;;
    *) fail "packaging/setup.sh has no option $option." "Use --test, --ci or nothing." ;;
    esac
done
installPackages "${lists[@]/#/$icaeRoot/packaging/}"
