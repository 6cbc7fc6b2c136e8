#!/bin/sh
# Builds the command of OpenSSL from its source in the crate that Cargo.toml names: build.sh OUTDIR
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"

cargo vendor --quiet --locked "$out/vendor" >"$out/vendor.toml"
cd "$out/vendor/openssl-src/openssl"
./Configure no-shared no-module no-tests no-docs no-legacy >"$out/configure.log"
make --silent --jobs 2 build_generated
make --silent --jobs 2 apps/openssl
mv apps/openssl "$out/openssl"
rm -rf "$out/vendor"
