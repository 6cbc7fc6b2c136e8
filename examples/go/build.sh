#!/bin/sh
# Builds pqc-demo-go against the library installed under PREFIX: build.sh PREFIX OUTDIR
set -eu
prefix=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" CGO_ENABLED=1
# The build cache of go depends on these flags, but not on pkg-config or the header.
export CGO_CFLAGS="-O2 -g -DHEADER=$(cksum <"$prefix/include/pqc_ffi.h" | tr ' ' _)" CGO_LDFLAGS="-L$prefix/lib"
go build -ldflags "-r $prefix/lib" -o "$out/pqc-demo-go" ./cmd/pqc-demo
