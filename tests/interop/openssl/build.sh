#!/bin/sh
# Builds OpenSSL from its source in the crate that VERSION/Cargo.toml names: build.sh OUTDIR VERSION. OUTDIR gets the static command, and
# lib and include for programs that link it.
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/$2"

cargo vendor --quiet --locked "$out/vendor" >"$out/vendor.toml"
cd "$out/vendor/openssl-src/openssl"
./Configure no-shared no-module no-tests no-docs no-legacy >"$out/configure.log"
make --silent --jobs 2 build_generated
make --silent --jobs 2 apps/openssl
mkdir -p "$out/lib"
mv libcrypto.a libssl.a "$out/lib"
cp -R include "$out"
mv apps/openssl "$out/openssl"
rm -rf "$out/vendor"
