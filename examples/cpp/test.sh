#!/bin/sh
# Runs the tests with ctest, and with FULL=1 with the sanitizers and under valgrind as well: `test.sh PREFIX`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(cd "$1" && pwd)
build=$here/../../target/languages/cpp

cmake -S "$here" -B "$build" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure

if [ -n "${FULL:-}" ]; then
    cmake -S "$here" -B "$build-sanitizers" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_CXX_FLAGS="-g -fsanitize=address,undefined -fno-sanitize-recover=all"
    cmake --build "$build-sanitizers"
    ctest --test-dir "$build-sanitizers" --output-on-failure
    valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible "$build/tests"
fi
