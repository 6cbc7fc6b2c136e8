#!/bin/sh
# Checks that neither addresses nor jumps of the vector engine depend on secrets: `sh tools/ct/trace.sh`.
#
# Each operation of each parameter set runs in a child process, instruction by instruction, with several inputs that differ in all
# secret values and agree in all public values; trace/src says how. Every program counter, every address and the operands of every
# division must be the same. Each run must first find a deliberate branch and table look-up. This covers AVX-512, which valgrind
# does not know; on a processor without it, AVX2 is traced instead. The program is compiled like the product.
#
# One set of ML-KEM and one of ML-DSA are traced. `trace.sh backends` traces all sets of both, and the other backends too. FULL=1 does
# so, and traces the first one with eight secrets, batches, and keys and a signature of SLH-DSA. A step takes about 25 us.
#
# Not covered: variable-time instructions other than divisions, speculative execution, and paths that these secrets do not take.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scope=${1-}

fail() {
    echo "trace: $*" >&2
    exit 1
}

# The traced libraries are the shipped ones: both lock files must have the same versions of every library in both.
check_versions() {
    others=$(awk -F'"' '/^name = / { name = $2 }
        /^version = "/ && NR == FNR { shipped[name] = shipped[name] " " $2 " " }
        /^version = "/ && NR != FNR && name in shipped && !index(shipped[name], " " $2 " ") { print name }' \
        "$root/Cargo.lock" "$here/trace/Cargo.lock")
    [ -z "$others" ] || fail "the lock files name different versions of these:
$others
copy Cargo.lock to tools/ct/trace and let cargo amend it"
}

# Traces the parameter sets, the longest first: `trace BACKEND SECRETS [batches]`.
trace() {
    backend=$1
    shift
    sets="mldsa-65 mlkem-768"
    [ -z "${FULL-}$scope" ] || sets="mldsa-87 mldsa-65 mldsa-44 mlkem-1024 mlkem-768 mlkem-512"
    [ -z "${FULL-}" ] || [ "$backend" != "$best" ] || sets="slhdsa-shake-128f slhdsa-sha2-128f $sets"
    # shellcheck disable=SC2086 # names
    echo $sets |
        xargs -n 1 | xargs -P "$(nproc)" -I '{}' "$program" "$backend" '{}' "$@"
}

for tool in nm addr2line; do
    command -v "$tool" >/dev/null || fail "$tool is not installed: apt-get install binutils"
done
check_versions
# Shared with run.sh, which compiles the engine with the same flags.
export CARGO_TARGET_DIR="$root/target/ct${RUSTUP_TOOLCHAIN:+-$RUSTUP_TOOLCHAIN}"
program=$CARGO_TARGET_DIR/release/pqc-trace
cargo build --quiet --release --locked --manifest-path "$here/trace/Cargo.toml"
best=
others=
for backend in avx512 avx2 portable; do
    if ! "$program" has "$backend" 2>/dev/null; then
        echo "trace: SKIPPED: this processor has no $backend"
    elif [ -z "$best" ]; then
        best=$backend
    else
        others="$others $backend"
    fi
done
status=0
if [ -n "${FULL-}" ]; then
    trace "$best" 8 batches || status=1
else
    trace "$best" 2 || status=1
fi
if [ -n "${FULL-}$scope" ]; then
    for backend in $others; do
        trace "$backend" 3 || status=1
    done
fi
[ $status = 0 ] || fail "addresses or jumps depend on secrets; see the lines with FAILED"
echo "trace: passed"
