#!/bin/sh
# Checks that a private key decides neither branches nor addresses between its file and a signature, or a shared secret, in OpenSSL and
# the provider: `sh tools/ct/provider.sh LIBRARY`, with the static library as it ships.
#
# It is run.sh's method; provider.c marks the key. The engine is left to run.sh, which knows the names of its inlined functions. A
# planted branch must be found first.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
library=$1
work=$root/target/ct/provider

fail() {
    echo "ct, provider: $*" >&2
    exit 1
}

# Builds the module, after an edit of its decoder by sed, and runs the program with it: `watched EDIT`.
watched() {
    rm -rf "$work"
    mkdir -p "$work/ossl-modules"
    cp "$root"/provider/* "$work"
    sed -i "$1" "$work/decoder.c"
    cc -std=c11 -D_DEFAULT_SOURCE -O2 -g -fPIC -shared -fvisibility=hidden -I"$root/include" "$work"/*.c "$library" -lpthread -ldl -lm \
        -o "$work/ossl-modules/qynauth.so" && cc -g -Wall -Wextra "$here/provider.c" -lcrypto -o "$work/program" || return
    env OPENSSL_CONF=/dev/null OPENSSL_MODULES="$work/ossl-modules" valgrind --quiet --error-exitcode=9 --num-callers=40 \
        --suppressions="$here/suppressions/engine.supp" "$work/program" >"$work/log" 2>&1
}

command -v valgrind >/dev/null || fail "valgrind is not installed: apt-get install valgrind"
if ! echo '#include <openssl/core.h>' | cc -fsyntax-only -xc - 2>/dev/null; then
    echo "ct, provider: SKIPPED, there are no headers of OpenSSL 3: apt-get install libssl-dev"
    exit
fi
if watched 's/^    if (context->is_private)$/    if (der[len - 1] \& 1)\n        provider->cleanse(NULL, 0);\n&/' ||
    ! grep -q 'decoder.c' "$work/log"; then
    fail "the planted branch was not found; see $work/log"
fi
watched '' || fail "the key decides what the provider does; see $work/log"
echo "ct, provider: passed"
