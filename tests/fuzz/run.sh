#!/usr/bin/env bash
# tests/fuzz/run.sh SECONDS [BUILD_DIR]: runs every fuzzer of the build for so long, two at a time, from the seeds in
# corpus/. Fails on any crash, leak or input that takes longer than 10 seconds, and names the input.
set -euo pipefail
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
seconds="${1:?usage: run.sh SECONDS [BUILD_DIR]}"
build="${2:-$here/../../build/fuzz}"
findings="$build/findings"
mkdir -p "$findings"

runFuzzer() {
    local fuzzer="$1" name corpus log
    name="$(basename -- "$fuzzer")"
    corpus="$(mktemp -d)"
    log="$findings/$name.log"
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -max_len=4096 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$findings/$name-" "$corpus" "$here/corpus/$name" >"$log" 2>&1; then
        echo "ok      $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        echo "FAILED  $name"
        tail -n 30 "$log"
        return 1
    fi
    rm -rf -- "$corpus"
}
export -f runFuzzer
export seconds findings here

printf '%s\0' "$build"/bin/fuzz_* | xargs -0 -n 1 -P 2 bash -c 'runFuzzer "$1"' runFuzzer
