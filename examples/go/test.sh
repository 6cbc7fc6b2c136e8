#!/bin/sh
# Checks the format, vets, and runs the tests under the race detector: test.sh PREFIX
set -eu
prefix=$(cd "$1" && pwd)
cd "$(dirname "$0")"

unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "run gofmt -w on: $unformatted" >&2; exit 1; }

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib" CGO_ENABLED=1
# The build cache of go depends on these flags, but not on pkg-config or the header.
export CGO_CFLAGS="-O2 -g -DHEADER=$(cksum <"$prefix/include/pqc_ffi.h" | tr ' ' _)" CGO_LDFLAGS="-L$prefix/lib"
go vet -race ./...
go vet -race -unusedresult -unusedresult.funcs=example.com/qynauth/pqc.Verify ./...
go test -race -count=1 ./...
