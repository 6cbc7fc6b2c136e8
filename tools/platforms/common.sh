# shellcheck shell=sh
# Shared by the scripts of targets; each begins with `. tools/platforms/common.sh`, in the root of the project.
set -eu

target=$(basename "$0" .sh)
short=${1-}
work=$PWD/target/platforms/$target
mkdir -p "$work"

# Linking the test programs as a whole would take minutes each, and results do not depend on it.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16

# Reports a fact for the page: `say tested | tools | passed | "not run" TEXT`.
say() {
    echo "platform: $1: $2"
}

# Without the vectors, their tests would do nothing.
[ -d "${QYNAUTH_PQC_VECTORS-}" ] || {
    echo "QYNAUTH_PQC_VECTORS names no folder of test vectors" >&2
    exit 1
}

# Installs the Debian packages that are missing.
need() {
    for package; do
        dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q '^install ok' || missing="${missing-} $package"
    done
    if [ -n "${missing-}" ]; then
        apt-get update -qq
        # shellcheck disable=SC2086 # words
        apt-get install -qq -y --no-install-recommends $missing >"$work/apt.log"
    fi
}

emulator_version() {
    say tools "$("$1" --version | sed -n 's/ version \([^ ]*\).*/ \1/p')"
}

# Makes a small Debian system in a folder, unless a program is there: `debian FOLDER PROGRAM SUITE OPTION...`.
debian() {
    need mmdebstrap debian-archive-keyring
    [ ! -x "$1/$2" ] || return 0
    rm -rf "$1" # of an interrupted run
    root=$1
    suite=$3
    shift 3
    mmdebstrap --quiet "$@" "$suite" "$root"
}

# Runs a command, and shows its output only if it fails.
quietly() {
    "$@" >"$work/output.log" 2>&1 || {
        status=$?
        tail -n 100 "$work/output.log"
        return "$status"
    }
}

# Lets cargo build for a triple, with a linker where rustc has none, and run programs by an emulator:
# `cross TRIPLE LINKER EMULATOR`, either of which may be empty.
cross() {
    rustup --quiet target add "$1"
    variable=CARGO_TARGET_$(echo "$1" | tr a-z- A-Z_)
    export CARGO_BUILD_TARGET="$1"
    say tools "$(rustc --version | cut -d ' ' -f 1-2)"
    if [ "$2" ]; then
        export "${variable}_LINKER=$2"
        say tools "$2 $("$2" -dumpversion)"
    fi
    if [ "$3" ]; then
        # Tests that start themselves again do it by the second.
        export "${variable}_RUNNER=$3" QYNAUTH_PQC_EMULATOR="$3"
        case $3 in
        qemu*) emulator_version "${3%% *}" ;;
        esac
    fi
}

# Runs `cargo test` without the tests that tools/platforms/excluded names for the target: `rust_tests ARGUMENT...`.
rust_tests() {
    # shellcheck disable=SC2046 # words
    cargo test --locked --release --no-fail-fast "$@" -- --exact $(excluded | sed 's/^\([^ ]*\).*/--skip \1/')
}

# The rows of tools/platforms/excluded for the target, without its name.
excluded() {
    awk -v target="$target" '("," $1 ",") ~ ("," target ",") { $1 = ""; print substr($0, 2) }' tools/platforms/excluded
}

report_excluded() {
    excluded | while read -r test reason; do
        say "not run" "\`$test\`: $reason"
    done
}

# The crates with tests that run everywhere.
crates="--package pqc-memory --package pqc-core --package pqc-ffi"

# Tests that try thousands of arguments, which takes an emulator too long.
many="misuse mutations"

# The options of cargo for the tests of these crates with results that do not depend on the compiler.
any_profile() {
    echo "$crates --features pqc-ffi/inject-panic --lib"
    # shellcheck disable=SC2086 # words
    find crates/pqc-[!s]*/tests -maxdepth 1 -name '*.rs' -exec basename {} .rs ';' | sort -u |
        grep -v -x -e wiping -e stack_residue ${QYNAUTH_PQC_EMULATOR:+$(printf ' -e %s' $many)} | sed 's/^/--test /'
}

# The vectors that the tests leave out under an emulator; Wine does not show itself to them.
report_signatures() {
    case ${QYNAUTH_PQC_EMULATOR-} in
    qemu*) say "not run" "ACVP's signatures of the s sets of SLH-DSA, and most signatures of the f sets, which take an emulator too long" ;;
    esac
}

# The tests of the library; in a short run, known answers, formats and round trips, which show most mistakes of byte order and size.
library_tests() {
    if [ "$short" ]; then
        rust_tests --package pqc-core --test keys
        rust_tests --package pqc-ffi --test roundtrip --test vectors
        return
    fi
    # shellcheck disable=SC2046 # words
    rust_tests $(any_profile)
    say tested "tests of pqc-memory, pqc-core and pqc-ffi, with all vectors"
    [ -z "${QYNAUTH_PQC_EMULATOR:-}" ] || say "not run" "tests that try thousands of arguments: $many"
    report_signatures
    report_excluded
}

# The tests of pqc-simd, with a hundredth of the comparisons, and the first ten known answers.
# The libraries that it is compared with cannot be built for every target.
engine_tests() {
    [ ! "$short" ] || return 0
    QYNAUTH_PQC_CASES=20 rust_tests --package pqc-simd --lib --test engine --test wiping
    say tested "tests of pqc-simd"
    say "not run" "most comparisons of pqc-simd with other libraries, and most of its known answers"
}

# The tests with results that depend on the compiler, on the profile that ships, in a separate folder; not in a short run.
shipped_tests() (
    [ ! "$short" ] || return 0
    unset CARGO_PROFILE_RELEASE_LTO CARGO_PROFILE_RELEASE_CODEGEN_UNITS
    # shellcheck disable=SC2030 # for these alone
    export CARGO_TARGET_DIR="$PWD/target/platforms/shipped"
    rust_tests --package pqc-core --package pqc-ffi --test stack_residue --test wiping
    say tested "secrets left in memory"
)

# The files of tests of the Python package: `test_files NAME...`.
test_files() {
    for name; do
        find tests -name "test_$name.py"
    done
}

# The packages that `package_tests` needs, next to the package.
python_packages="pytest hypothesis numpy pyarrow anyio trio click rich prometheus-client"

# Tests of the Python package, in the tree, by a Python: `package_tests PYTHON`.
package_tests() {
    tests="small_batches buffers inputs threads"
    [ "$short" ] || tests="$tests aio batch batch_inputs batch_processes bindings faults hypothesis key key_options
        memory mldsa mlkem monitoring mu native_calls optimizations ownership prehash reports shared_metrics shared_secrets validation"
    # shellcheck disable=SC2046,SC2086 # words
    "$1" -m pytest -q -p no:cacheprovider $(test_files $tests)
    say tested "tests of the Python package about keys, operations, batches, memory, threads and metrics"
}

# A program in C with the static and, where the platform has one, the shared library: `c_program OPTIONS COMPILER EMULATOR...`.
c_program() {
    options=$1
    compiler=$2
    shift 2
    cargo rustc --locked --release --lib --package pqc-ffi --crate-type cdylib,staticlib
    # shellcheck disable=SC2031 # as it was
    libraries=${CARGO_TARGET_DIR:-target}/$CARGO_BUILD_TARGET/release
    for library in libpqc_ffi.a libpqc_ffi.so libpqc_ffi.dll.a; do
        [ -f "$libraries/$library" ] || continue
        # shellcheck disable=SC2016,SC2086 # for the loader; words
        "$compiler" -std=c99 -Wall -Wextra -Werror -Iinclude tests/c/consumer.c "$libraries/$library" \
            -Wl,-rpath,'$ORIGIN' $options -o "$libraries/consumer.exe"
        [ "$("$@" "$libraries/consumer.exe" | tr -d '\r')" = ok ]
        say passed "consumer.c with $library"
    done
}
