# shellcheck shell=bash
# What the scripts beside this file share; source it. Variables that a caller may set:
#   ICAE_SKIP_PACKAGES=1        install nothing: the packages come from elsewhere
#   CMAKE_BUILD_PARALLEL_LEVEL  compile jobs, instead of what cores and memory allow

icaeRoot="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
readonly icaeRoot

say() { printf '== %s\n' "$*" >&2; }

# fail WHAT REMEDY
fail() {
    printf 'error: %s\n%s\n' "$1" "$2" >&2
    exit 1
}

# Package names in LIST...: one a line, comments start with #.
packageNames() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' -- "$@"; }

isInstalled() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

# installPackages LIST...: installs what the lists name and dpkg does not have; touches nothing otherwise.
installPackages() {
    [[ "${ICAE_SKIP_PACKAGES:-}" != 1 ]] || return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "This system has no apt-get: packages can be installed on Debian 12 only." \
            "Install the counterparts of these by other means, then set ICAE_SKIP_PACKAGES=1: $(packageNames "$@" | tr "\n" " ")"
    fi
    local name names missing=() asRoot=()
    names="$(packageNames "$@")"
    for name in $names; do
        isInstalled "$name" || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ "$(id -u)" -ne 0 ]]; then
        command -v sudo >/dev/null || fail "Packages are missing, and installing them needs root: ${missing[*]}" \
            "As root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        asRoot=(sudo)
    fi
    say "Installing: ${missing[*]}"
    local apt=("${asRoot[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update \
        || fail "apt-get update failed." "Check the network and the sources in /etc/apt, then run this again."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" \
        || fail "apt-get could not install: ${missing[*]}" \
            "See apt's message above: the network, or names other than Debian 12's. With the packages from elsewhere set ICAE_SKIP_PACKAGES=1."
}

# Memory in KiB that compiling may take: what is free, or a container's limit where that is less.
availableMemory() {
    local free limit
    free="$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null || true)"
    limit="$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)"
    if [[ "$limit" =~ ^[0-9]+$ ]] && ((limit / 1024 < ${free:-0})); then
        free=$((limit / 1024))
    fi
    printf '%s\n' "${free:-0}"
}

# Compile jobs: all cores, but 2 GiB for each, which a file with LibTorch's headers can take.
compileJobs() {
    local cores jobs
    cores="$(nproc)"
    jobs=$(($(availableMemory) / (2 * 1024 * 1024)))
    ((jobs < cores)) || jobs="$cores"
    ((jobs > 0)) || jobs=1
    printf '%s\n' "${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}"
}

# buildPreset PRESET TARGET [CMAKE_OPTION...]: configures build/PRESET and builds TARGET in it.
buildPreset() {
    local preset="$1" target="$2" jobs
    shift 2
    jobs="$(compileJobs)"
    say "Configuring build/$preset"
    cmake -S "$icaeRoot" --preset "$preset" "$@"
    say "Building $target in build/$preset with $jobs job(s)"
    cmake --build "$icaeRoot/build/$preset" --target "$target" --parallel "$jobs"
}
