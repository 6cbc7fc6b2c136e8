#!/bin/sh
# Builds pqc-demo-rust against the library installed under PREFIX: build.sh PREFIX OUTDIR
set -eu
prefix=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" CARGO_TARGET_DIR="$PWD/target"
cargo build --locked
cp target/debug/pqc-demo-rust "$out"
