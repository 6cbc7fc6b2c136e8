#!/bin/sh
# macOS on Apple's processors, for which there is no emulator: compiled, not run.
. tools/platforms/common.sh

rustup --quiet target add aarch64-apple-darwin
say tools "$(rustc --version | cut -d ' ' -f 1-2)"
cargo check --locked --target aarch64-apple-darwin --package pqc-core --package pqc-ffi --package pqc-memory
say tested "compiled, never run"
say "not run" "everything"
