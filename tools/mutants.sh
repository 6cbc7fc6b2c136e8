#!/bin/sh
# Changes the arithmetic of the vector engine in small ways and runs its unit tests on each: `sh tools/mutants.sh [ARGUMENT...]`.
#
# The arguments go to cargo-mutants: `--re ntt16` for one module, `--shard 0/8` for a part.
# All of them take hours. .cargo/mutants.toml says what is changed; docs/mutants.md explains what survives.
set -eu
cd "$(dirname "$0")/.."

version=27.1.0
export PATH="$PWD/target/tools/bin:$PATH"
if [ "$(cargo-mutants mutants --version 2>/dev/null)" != "cargo-mutants $version" ]; then
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=target/tools/build \
        cargo install --quiet --locked --debug --root target/tools cargo-mutants --version $version
fi
exec cargo mutants --output target/mutants "$@"
