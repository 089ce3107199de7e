#!/usr/bin/env bash
# packaging/run.sh [FILE | COMMAND ARGUMENT...]: installs what is missing, builds and starts the program: the window, with
# FILE in it, where there is a display; the command line for a COMMAND, or where there is none. The command line without
# arguments shows its help and a reconstruction of a sample text. The model is the bundled one, or that of ICAE_MODEL.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

"$icaeRoot/packaging/setup.sh"
# Only a program's own output goes to standard output, so that `run.sh COMMAND > FILE` works.
buildPreset release icae_programs >&2

programs="$icaeRoot/build/release/bin"
export ICAE_MODEL="${ICAE_MODEL:-$icaeRoot/resources/models/nano}"
if [[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" && -x "$programs/icae-explorer" && ($# -eq 0 || -f "$1") ]]; then
    exec "$programs/icae-explorer" "$@"
fi
if [[ $# -gt 0 ]]; then
    exec "$programs/icae" "$@"
fi
"$programs/icae" --help
say "icae info $ICAE_MODEL"
"$programs/icae" info "$ICAE_MODEL"
say "icae reconstruct resources/samples/ferry.txt --model $ICAE_MODEL"
"$programs/icae" reconstruct "$icaeRoot/resources/samples/ferry.txt" --model "$ICAE_MODEL"
