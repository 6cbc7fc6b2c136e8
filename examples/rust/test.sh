#!/bin/sh
# Checks format and style, and runs the tests, with the library installed under PREFIX: test.sh PREFIX
set -eu
prefix=$(cd "$1" && pwd)
cd "$(dirname "$0")"

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" CARGO_TARGET_DIR="$PWD/target" LD_LIBRARY_PATH="$prefix/lib"
cargo fmt --check
cargo clippy --locked --quiet --all-targets -- -D warnings
cargo test --locked
