#!/bin/sh
# Checks the syntax and runs the tests with the library installed under PREFIX: test.sh PREFIX
set -eu
prefix=$(cd "$1" && pwd)
cd "$(dirname "$0")"

sh dependencies.sh
for file in *.js test/*.js; do
    node --check "$file"
done
PQC_LIBRARY="$prefix/lib/libpqc_ffi.so" npm test
