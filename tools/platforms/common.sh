# shellcheck shell=sh
# What the scripts of targets share; each begins with `. tools/platforms/common.sh`, in the root of the project.
set -eu

target=$(basename "$0" .sh)
short=${1-}
work=$PWD/target/platforms/$target
mkdir -p "$work"

# Programs of tests that are linked as a whole take minutes each; results do not depend on it.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16

# Reports a fact for the page: `say tested | tools | passed | "not run" TEXT`.
say() {
    echo "platform: $1: $2"
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

# Lets cargo build for a triple with a linker, and run programs by an emulator: `cross TRIPLE LINKER [EMULATOR]`.
cross() {
    rustup --quiet target add "$1"
    variable=CARGO_TARGET_$(echo "$1" | tr a-z- A-Z_)
    export CARGO_BUILD_TARGET="$1" "${variable}_LINKER=$2"
    if [ "${3-}" ]; then
        # Tests that start themselves again do it by the second.
        export "${variable}_RUNNER=$3" QYNAUTH_PQC_EMULATOR="$3"
    fi
    say tools "$(rustc --version | cut -d ' ' -f 1-2)"
    say tools "$2 $("$2" -dumpversion)"
}

# Runs `cargo test` without the tests that tools/platforms/excluded names for the target: `rust_tests ARGUMENT...`.
rust_tests() {
    [ -d "${QYNAUTH_PQC_VECTORS-}" ] || {
        echo "QYNAUTH_PQC_VECTORS names no folder of test vectors" >&2
        exit 1
    }
    # shellcheck disable=SC2046 # words
    cargo test --locked --release --no-fail-fast "$@" -- --exact $(excluded | sed 's/^\([^ ]*\).*/--skip \1/')
}

# The rows of tools/platforms/excluded for the target, without its name.
excluded() {
    awk -v target="$target" '("," $1 ",") ~ ("," target ",") { $1 = ""; print substr($0, 2) }' tools/platforms/excluded
}

# The tests of the library; in a short run, what shows most mistakes of byte order and alignment: known answers, formats, round trips.
library_tests() {
    if [ "$short" ]; then
        rust_tests --package pqc-core --package pqc-ffi --test formats --test roundtrip --test vectors
    else
        rust_tests --package pqc-core --package pqc-ffi --package pqc-memory --features pqc-ffi/inject-panic
        rust_tests --package pqc-simd
    fi
    excluded | while read -r test reason; do
        say "not run" "\`$test\`, $reason"
    done
}

# A program in C with the static and the shared library: `c_program COMPILER COMMAND...`.
c_program() {
    compiler=$1
    shift
    cargo rustc --locked --release --lib --package pqc-ffi --crate-type cdylib,staticlib
    libraries=target/$CARGO_BUILD_TARGET/release
    for library in libpqc_ffi.a libpqc_ffi.so; do
        "$compiler" -std=c99 -Wall -Wextra -Werror -Iinclude tests/c/consumer.c "$libraries/$library" \
            -Wl,-rpath,"$PWD/$libraries" -lpthread -ldl -lm -o "$work/consumer"
        [ "$("$@" "$work/consumer")" = ok ]
        say passed "consumer.c with $library"
    done
}
