#!/usr/bin/env bash
# packaging/tidy.sh [FILE...]: checks the house style of the tree's own files (or of FILE...): clang-format on all, then
# clang-tidy, two files at a time, on those that build/dev compiles. Exits 1 on findings. CLANG_FORMAT and CLANG_TIDY
# name other programs than the installed ones.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

format="${CLANG_FORMAT:-clang-format}"
tidy="${CLANG_TIDY:-clang-tidy}"
scratch="$(mktemp -d)"
trap 'rm -rf -- "$scratch"' EXIT

# listFiles [FILE...]: absolute paths of what to check.
listFiles() {
    if [[ $# -gt 0 ]]; then
        realpath -e -- "$@"
        return
    fi
    local folder folders=()
    for folder in app core ui tests; do
        [[ ! -d "$icaeRoot/$folder" ]] || folders+=("$icaeRoot/$folder")
    done
    find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cpp' \) | sort
}

# The compile commands of build/dev as clang can read them: without gcc's precompiled header.
prepareDatabase() {
    cmake -S "$icaeRoot" --preset dev >"$scratch/cmake.log" 2>&1 || {
        cat "$scratch/cmake.log" >&2
        fail "build/dev cannot be configured." "See CMake's message above."
    }
    # The tests include what moc generates.
    local generators
    generators="$(ninja -C "$icaeRoot/build/dev" -t targets all | sed -n 's/^\([^/ ]*_autogen\): phony$/\1/p')"
    # shellcheck disable=SC2086 # one word a target
    [[ -z "$generators" ]] || ninja -C "$icaeRoot/build/dev" $generators >&2
    cp -- "$icaeRoot/packaging/tidy_prelude.h" "$scratch/prelude.h"
    sed -e "s| -include [^ ]*cmake_pch\.hxx| -include $scratch/prelude.h|g" -e 's/ -Winvalid-pch//g' \
        -e 's/ -fpch-preprocess//g' "$icaeRoot/build/dev/compile_commands.json" >"$scratch/compile_commands.json"
}

# checkFile FILE: clang-tidy's findings, shown at once and kept in the scratch folder; gcc's warning options are no news.
# shellcheck disable=SC2317 # called by xargs
checkFile() {
    local output verdict=ok
    output="$("$tidy" --quiet -p "$scratch" --extra-arg=-Wno-unknown-warning-option "$1" 2>&1)" || verdict=FAILED
    {
        flock 9
        if [[ $verdict == FAILED ]]; then
            printf '%s\n' "$output" | sed '/^[0-9]* warnings\{0,1\} .*generated\.$/d' | tee -a "$scratch/findings"
            printf '%s\n' "$1" >>"$scratch/failed"
        fi
        printf '%-7s %s\n' "$verdict" "${1#"$icaeRoot"/}"
    } 9>>"$scratch/lock"
}
export -f checkFile
export scratch tidy icaeRoot

"$icaeRoot/packaging/setup.sh" --ci
listFiles "$@" >"$scratch/files"
touch "$scratch/failed" "$scratch/findings"

say "clang-format: $(wc -l <"$scratch/files") files"
misformatted=0
xargs -r -d '\n' -a "$scratch/files" "$format" --dry-run -Werror || misformatted=1

prepareDatabase
sed -n 's/^ *"file": "\(.*\)".*$/\1/p' "$scratch/compile_commands.json" | sort -u >"$scratch/compilable"
grep -Fxf "$scratch/compilable" "$scratch/files" >"$scratch/compiled" || true
say "clang-tidy: $(wc -l <"$scratch/compiled") compiled files, and the headers they include"
# shellcheck disable=SC2016 # the inner shell expands $1
xargs -r -d '\n' -a "$scratch/compiled" -n 1 -P 2 bash -c 'checkFile "$1"' checkFile

if ((misformatted == 0)) && [[ ! -s "$scratch/failed" ]]; then
    say "Clean."
    exit 0
fi
((misformatted == 0)) || say "clang-format would change the files named above: run $format -i on them."
if [[ -s "$scratch/failed" ]]; then
    say "clang-tidy has findings in $(wc -l <"$scratch/failed") compiled files, each finding once:"
    grep -E ': (error|warning): .*\[.*\]$' "$scratch/findings" | sed "s|^$icaeRoot/||" | sort -u >&2 || true
fi
exit 1
