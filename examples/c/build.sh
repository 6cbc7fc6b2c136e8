#!/bin/sh
# Builds the program with CMake against the library installed under PREFIX: `build.sh PREFIX OUTDIR`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(cd "$1" && pwd)
build=$here/../../target/languages/c

cmake -S "$here" -B "$build" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$build"
mkdir -p "$2"
cp "$build/pqc-demo-c" "$2/"
