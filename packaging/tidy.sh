#!/usr/bin/env bash
# packaging/tidy.sh [FILE...]: checks the house style of the tree's own files (or of FILE...): clang-format on all, then
# clang-tidy, two files at a time, on those that build/dev compiles. Exits 1 on findings. CLANG_FORMAT and CLANG_TIDY
# name other programs than the installed ones.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readonly database="$icaeRoot/build/dev/compile_commands.json"
format="${CLANG_FORMAT:-clang-format}"
tidy="${CLANG_TIDY:-clang-tidy}"

"$icaeRoot/packaging/setup.sh" --ci
scratch="$(mktemp -d)"
trap 'rm -rf -- "$scratch"' EXIT

if [[ $# -gt 0 ]]; then
    realpath -e -- "$@" >"$scratch/files"
else
    folders=()
    for folder in app core ui tests; do
        [[ ! -d "$icaeRoot/$folder" ]] || folders+=("$icaeRoot/$folder")
    done
    find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cpp' \) | sort >"$scratch/files"
fi

# prepareDatabase: a copy of the compile commands for clang-tidy, which cannot read gcc's precompiled header.
prepareDatabase() {
    [[ -f "$database" ]] || cmake -S "$icaeRoot" --preset dev >&2
    # The tests include what moc generates.
    local generators
    generators="$(ninja -C "$icaeRoot/build/dev" -t targets all | sed -n 's/^\([^/ ]*_autogen\): phony$/\1/p')"
    # shellcheck disable=SC2086 # one word a target
    [[ -z "$generators" ]] || ninja -C "$icaeRoot/build/dev" $generators >&2
    sed -e 's/ -include [^ ]*cmake_pch\.hxx//g' -e 's/ -Winvalid-pch//g' -e 's/ -fpch-preprocess//g' "$database" \
        >"$scratch/compile_commands.json"
}

# tidyFile FILE: clang-tidy's findings on standard output, its name in failed where there are any.
# shellcheck disable=SC2317 # called by xargs
tidyFile() {
    local output
    if output="$("$tidy" --quiet -p "$scratch" "$1" 2>&1)"; then
        printf 'ok      %s\n' "${1#"$icaeRoot"/}"
    else
        printf '%s\nFAILED  %s\n' "$output" "${1#"$icaeRoot"/}"
        printf '%s\n' "$1" >>"$scratch/failed"
    fi
}
export -f tidyFile
export scratch tidy icaeRoot

say "clang-format: $(wc -l <"$scratch/files") files"
misformatted=0
xargs -d '\n' -a "$scratch/files" "$format" --dry-run -Werror || misformatted=1

prepareDatabase
: >"$scratch/failed"
while IFS= read -r file; do
    ! grep -qF "\"file\": \"$file\"" "$scratch/compile_commands.json" || printf '%s\n' "$file"
done <"$scratch/files" >"$scratch/compiled"
say "clang-tidy: $(wc -l <"$scratch/compiled") compiled files, headers through them"
# shellcheck disable=SC2016 # the inner shell expands $1
xargs -r -d '\n' -a "$scratch/compiled" -n 1 -P 2 bash -c 'tidyFile "$1"' tidyFile

findings="$(wc -l <"$scratch/failed")"
if ((misformatted == 0 && findings == 0)); then
    say "Clean."
    exit 0
fi
((misformatted == 0)) || say "clang-format would change files: run $format -i on those above"
((findings == 0)) || { say "clang-tidy has findings in $findings file(s):" && sed "s|^$icaeRoot/|   |" "$scratch/failed" >&2; }
exit 1
