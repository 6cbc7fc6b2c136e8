#!/bin/sh
# Builds the provider for OpenSSL: `sh tools/install/provider.sh MODULE LIBRARY`. MODULE finds LIBRARY in the folder above its own.
#
# The functions have the parameters that OpenSSL passes, used or not. It stays loaded: libcrypto may call it after it was unloaded. It takes all that it needs of OpenSSL from the program that loads it.
set -eu
mkdir -p "$(dirname "$1")"
# shellcheck disable=SC2016 # $ORIGIN is for the loader; a run path of the old kind comes before LD_LIBRARY_PATH
${CC:-cc} -std=c11 -D_DEFAULT_SOURCE -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter -Iinclude provider/*.c -o "$1" \
    -L"$(dirname "$2")" "-l:$(basename "$2")" -Wl,--disable-new-dtags '-Wl,-rpath,$ORIGIN/..' -Wl,-z,nodelete -Wl,-z,defs -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,-s
