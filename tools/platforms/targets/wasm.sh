#!/bin/sh
# WebAssembly: with WASI, run by Node; without, compiled only.
. tools/platforms/common.sh

need nodejs
say tools "Node $(node --version)"
cross wasm32-wasip1 "" "node --no-warnings $PWD/tools/platforms/wasi.mjs"
rust_tests --package pqc-core --lib --test keys
say tested "tests of pqc-core with WASI"
say "not run" "the tests of the C interface, which need threads and panics"
report_excluded

rustup --quiet target add wasm32-unknown-unknown
cargo check --locked --package pqc-core --target wasm32-unknown-unknown --features getrandom/wasm_js
say passed "compiling pqc-core for wasm32-unknown-unknown with the feature wasm_js of getrandom"
