#!/bin/sh
# Searches the machine code of the operations on secrets, on AVX-512: `sh tools/ct/avx512.sh`.
#
# valgrind cannot execute AVX-512, so run.sh covers the other backends only, and trace.sh sees what some inputs execute. This
# search sees every path. avx512/jumps.py says what is searched and what may be found. The program is compiled as the product
# is, with names that show what generic code was compiled for. It is not run, and so the search works on any processor.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export CARGO_TARGET_DIR="$here/../../target/ct-avx512"

RUSTFLAGS="-C symbol-mangling-version=v0" cargo build --quiet --release --locked --manifest-path "$here/avx512/Cargo.toml"
exec python3 "$here/avx512/jumps.py" "$CARGO_TARGET_DIR/release/pqc-avx512" "$here/avx512/jumps.allowed"
