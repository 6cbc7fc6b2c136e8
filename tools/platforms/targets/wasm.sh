#!/bin/sh
# WebAssembly with WASI, run by Node.
. tools/platforms/common.sh

say tools "Node $(node --version)"
cross wasm32-wasip1 "" "node --no-warnings $PWD/tools/platforms/wasi.mjs"
rust_tests --package pqc-core --test formats --test import --test output_lengths --test roundtrip
