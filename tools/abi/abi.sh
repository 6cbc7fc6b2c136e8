#!/bin/sh
# The binary interface, as a C compiler sees the header: `sh tools/abi/abi.sh baseline | check [HEADER]`.
#
# `baseline` writes tools/abi/MACHINE.abi, `check` compares the header with it and fails if a program that was built for the
# baseline could misbehave with this version. Additions are accepted. docs/abi.md has the rules.
set -eu
cd "$(dirname "$0")/../.."

header=${2:-include/pqc_ffi.h}
machine=$(uname -m)
baseline=tools/abi/$machine.abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The header as a library with debug information: each function gets a body; each constant is the size of an array, and each
# type that is not opaque has a pointer to it, because types that no function takes or returns are not compared.
library() {
    {
        sed 's/);$/) { __builtin_trap(); }/' "$header"
        sed -n 's/^#define \([A-Z0-9_]*\) \([0-9]*\)$/char constant_\1[\2 + 1];/p' "$header"
        sed -n 's/^} \([A-Za-z0-9]*\);$/\1 *type_\1;/p' "$header"
    } >"$work/pqc_ffi.c"
    ${CC:-cc} -std=c99 -g -shared -fPIC -o "$work/libpqc_ffi.so" "$work/pqc_ffi.c"
}

case ${1-} in
baseline)
    library
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash --out-file "$baseline" "$work/libpqc_ffi.so"
    ;;
check)
    if [ ! -f "$baseline" ]; then
        echo "there is no baseline for $machine: make abi-baseline" >&2
        exit 2
    fi
    library
    abidiff --no-added-syms --suppressions tools/abi/suppressions.ini "$baseline" "$work/libpqc_ffi.so"
    ;;
*)
    echo "usage: sh tools/abi/abi.sh baseline | check [HEADER]" >&2
    exit 2
    ;;
esac
