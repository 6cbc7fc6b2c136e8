#!/bin/sh
# Checks that neither addresses nor jumps of the vector engine depend on secrets: `sh tools/ct/trace.sh`.
#
# Each operation of each parameter set runs in a child process, instruction by instruction, with several secrets that differ in
# all that is secret and agree in all that is public; trace/src says how. Every program counter and every address must be
# the same, and nothing may divide. In each run, a branch and a table look-up on purpose must be found first. This covers
# AVX-512, which valgrind does not know; on a processor without it, AVX2 is traced instead. The program is compiled as the
# product is.
#
# FULL=1: eight secrets and batches, SLH-DSA with SHAKE too, then the other backends with three secrets and without SLH-DSA, and all of
# them as the oldest supported compiler compiles them. It takes about 210 million steps; without it, there are 10 million. A step takes about 25 us.
#
# What this cannot see: instructions other than divisions whose time depends on their operands, speculative execution,
# and paths that these secrets do not take.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1.0/p' "$root/Cargo.toml")

fail() {
    echo "trace: $*" >&2
    exit 1
}

# What is traced is what is shipped: the same versions of every library that both lock files have.
check_versions() {
    others=$(awk -F'"' '/^name = / { name = $2 }
        /^version = "/ && NR == FNR { shipped[name] = shipped[name] " " $2 " " }
        /^version = "/ && NR != FNR && name in shipped && !index(shipped[name], " " $2 " ") { print name }' \
        "$root/Cargo.lock" "$here/trace/Cargo.lock")
    [ -z "$others" ] || fail "the lock files name different versions of these:
$others
copy Cargo.lock to tools/ct/trace and let cargo amend it"
}

# Builds the program into a folder, with a toolchain or with the one in use.
build() {
    toolchain=${2-}
    CARGO_TARGET_DIR=$1 cargo ${toolchain:+"+$toolchain"} build --quiet --release --locked \
        --manifest-path "$here/trace/Cargo.toml"
}

# Traces the parameter sets, the longest first: `trace FOLDER BACKEND SECRETS [batches]`.
trace() {
    program=$1/release/pqc-trace
    backend=$2
    shift 2
    slhdsa="${FULL:+slhdsa-shake-128f} slhdsa-sha2-128f"
    [ "$backend" = "$best" ] || slhdsa=
    # shellcheck disable=SC2086 # names, one or two
    echo $slhdsa mldsa-87 mldsa-65 mldsa-44 mlkem-1024 mlkem-768 mlkem-512 |
        xargs -n 1 | xargs -P "$(nproc)" -I '{}' "$program" "$backend" '{}' "$@"
}

for tool in nm addr2line; do
    command -v "$tool" >/dev/null || fail "$tool is not installed: apt-get install binutils"
done
check_versions
# Shared with run.sh, which compiles the engine with the same flags.
folder=$root/target/ct
build "$folder"
best=
for backend in avx512 avx2 portable; do
    if "$folder/release/pqc-trace" has "$backend" 2>/dev/null; then
        backends="${backends-} $backend"
        best=${best:-$backend}
    else
        echo "trace: SKIPPED: this processor has no $backend"
    fi
done
status=0
if [ -z "${FULL-}" ]; then
    trace "$folder" "$best" 3 || status=1
else
    trace "$folder" "$best" 8 batches || status=1
    for backend in ${backends# "$best"}; do
        trace "$folder" "$backend" 3 || status=1
    done
    if cargo "+$oldest" --version >/dev/null 2>&1; then
        echo "trace: the same with Rust $oldest, the oldest supported"
        build "$folder-oldest" "$oldest"
        for backend in $backends; do
            trace "$folder-oldest" "$backend" 3 || status=1
        done
    else
        echo "trace: SKIPPED: Rust $oldest, the oldest supported: rustup toolchain install $oldest"
    fi
fi
[ $status = 0 ] || fail "addresses or jumps depend on secrets; see the lines with FAILED"
echo "trace: passed"
