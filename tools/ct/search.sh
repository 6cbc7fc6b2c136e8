#!/bin/sh
# Searches the machine code of the operations on secrets: `sh tools/ct/search.sh avx512`, or `aarch64`.
#
# valgrind cannot execute AVX-512, nor instructions that the processor lacks, so run.sh covers the other backends of x86-64, and
# trace.sh sees the paths of some inputs. This search sees every path; search/search.py defines its scope and the allowed findings.
# The program is compiled like the product, with names that show the types of generic code. It is not run, so the search works on
# any processor.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export CARGO_TARGET_DIR="$here/../../target/ct-search"

fail() {
    echo "search: $*" >&2
    exit 1
}

case ${1-} in
avx512) target=x86_64-unknown-linux-gnu ;;
aarch64)
    target=aarch64-unknown-linux-gnu
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    command -v aarch64-linux-gnu-gcc >/dev/null || fail "no compiler for aarch64: apt-get install gcc-aarch64-linux-gnu"
    [ -d "$(rustc --print target-libdir --target $target)" ] || fail "no library for aarch64: rustup target add $target"
    ;;
*) fail "name what to search: avx512 or aarch64" ;;
esac

RUSTFLAGS="-C symbol-mangling-version=v0" cargo build --quiet --release --locked --target "$target" \
    --manifest-path "$here/search/Cargo.toml"
exec python3 "$here/search/search.py" "$1" "$CARGO_TARGET_DIR/$target/release/pqc-search" "$here/search"
