#!/bin/sh
# Checks that secrets decide neither branches nor addresses nor divisions: `sh tools/ct/run.sh`.
#
# Each operation runs once for one or two parameter sets of each family, with FULL=1 for more, on each code path under valgrind's
# memcheck, with its secrets marked as undefined memory; fast sets share a process. Keys are used more than once, so that both of
# their forms are. The reports that are allowed are in suppressions/, with reasons. Then the machine code of the same program is
# searched for divisions. First of all, three deliberate leaks must be found. valgrind does not know AVX-512, which trace.sh and
# search.sh cover.
#
# Not covered: variable-time instructions other than divisions, speculative execution, and paths that these inputs do not take.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export CARGO_TARGET_DIR="$root/target/ct${RUSTUP_TOOLCHAIN:+-$RUSTUP_TOOLCHAIN}"
program=$CARGO_TARGET_DIR/release/pqc-ct
logs=$CARGO_TARGET_DIR/logs

fail() {
    echo "ct: $*" >&2
    exit 1
}

# Runs the program under memcheck with the suppressions of the engine and of the classical algorithms.
memcheck() {
    valgrind -s --error-exitcode=9 --num-callers=40 --suppressions="$here/suppressions/simd.supp" \
        --suppressions="$here/suppressions/classical.supp" "$program" "$@"
}

# One operation with some sets on one path: prints a line, and fails on a report that no suppression names.
check_one() {
    log=$logs/$(echo "$*" | tr ' ' '-').log
    title=$(printf '%-9s %-12s %-12s %-9s' "$@")
    if [ "$4" = avx2 ] && ! grep -qw avx2 /proc/cpuinfo; then
        echo "$title skipped: this processor has no AVX2"
        return 0
    fi
    if ! memcheck "$@" 2>"$log"; then
        echo "$title FAILED: see $log"
        return 1
    fi
    kinds=$(sed -n 's/.*used_suppression: *[0-9]* \([^ ]*\) .*/\1/p' "$log" | sort | tr '\n' ' ')
    # shellcheck disable=SC2086 # the names are counted as words
    echo "$title clean, $(set -- $kinds; echo $#) kinds suppressed${kinds:+: $kinds}"
}

# Names of functions with a division, one a line.
functions_that_divide() {
    objdump --disassemble --demangle --no-show-raw-insn "$program" |
        awk '/^[0-9a-f]+ <.*>:$/ { name = $0; sub(/^[0-9a-f]+ </, "", name); sub(/>:$/, "", name) }
             $2 ~ /^(i?div[bwlq]?|v?div[ps][sd])$/ { print name }' |
        sort -u
}

# The deliberate leaks must be found with the lists of suppressions: otherwise the results mean nothing.
self_check() {
    for leak in branch table; do
        if memcheck leak "$leak" >"$logs/leak-$leak.log" 2>&1; then
            fail "the leaky $leak was not reported"
        fi
        grep -q "at .*leaks::leaky_$leak" "$logs/leak-$leak.log" || fail "leak $leak failed for another reason"
    done
    functions_that_divide | grep -q '^pqc_ct::leaks::leaky_division' || fail "the leaky division was not found"
    echo "self-check: the leaky branch, table look-up and division are found"
}

check_divisions() {
    allowed=$(grep -v -e '^#' -e '^$' "$here/divisions.allowed")
    found=$(functions_that_divide | grep -v '^pqc_ct::leaks::leaky_division' | grep -Ev "$allowed" || true)
    [ -z "$found" ] || fail "these functions divide and are not in divisions.allowed:
$found"
    echo "divisions: none outside $(echo "$allowed" | wc -l) allowed patterns"
}

# The checked libraries are the shipped ones: both lock files must have the same versions of every library in both.
check_versions() {
    for lock in "$root/Cargo.lock" "$here/Cargo.lock"; do
        awk -F'"' '/^name = / { name = $2 } /^version = / { print name, $2 }' "$lock"
    done | sort | uniq -u | awk '{ print $1 }' | sort | uniq -d | grep . >&2 &&
        fail "the lock files name different versions of these; copy Cargo.lock to tools/ct and let cargo amend it"
    return 0
}

if [ "${1-}" = --one ]; then
    shift
    check_one "$@"
    exit
fi

command -v valgrind >/dev/null || fail "valgrind is not installed: apt-get install valgrind"
check_versions
# graviola demands ADX, which valgrind executes and does not report; with this variable it does not ask.
export VALGRIND_BUG_494162=1
cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml"
rm -rf "$logs"
mkdir -p "$logs"
self_check

# X-Wing and the hybrid with P-256, and composites with Ed25519 and with P-256; FULL=1 adds P-384.
mlkem=768 mldsa=65 hybrid=25722,80 composite=39,45
[ -z "${FULL:-}" ] || mlkem=512,768,1024 mldsa=44,65,87 hybrid=25722,80,81 composite=39,45,49

status=0
for path in portable avx2; do
    for operation in keygen encapsulate decapsulate import; do
        echo mlkem $operation $mlkem $path
    done
    for operation in keygen sign import; do
        echo mldsa $operation $mldsa $path
    done
    for operation in keygen encapsulate decapsulate; do
        echo hybrid $operation $hybrid $path
    done
    # 128f, of SHA2 and of SHAKE; on the portable path, which takes longest, with FULL=1.
    [ "$path${FULL:-}" = portable ] || for operation in keygen sign; do
        for set in 205021 205027; do
            echo slhdsa $operation $set $path
        done
    done
    for operation in keygen sign import; do
        echo composite $operation $composite $path
    done
done | xargs -P "$(nproc)" -L 1 sh "$0" --one || status=1
check_divisions
[ $status = 0 ] || fail "secrets decide what the program does; see the lines with FAILED"
echo "ct: passed"
