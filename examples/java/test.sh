#!/bin/sh
# Compiles with all warnings as errors, and runs the tests with the library installed under PREFIX: test.sh PREFIX
set -eu
prefix=$(cd "$1" && pwd)
cd "$(dirname "$0")"
. ./jdk.sh

mvn --batch-mode --no-transfer-progress -Dpqc.libdir="$prefix/lib" test
