#!/bin/sh
# Builds a Python for musl from the sources of Debian 13, as Debian has none: `musl_python.sh FOLDER`, with musl-gcc.
# It has what tests need: zlib, but no OpenSSL, ctypes or pip.
set -eu

folder=$1
sh "$(dirname "$0")/debian_sources.sh" "$folder/source" zlib python3.13
cd "$folder/source"

cd zlib
CC=musl-gcc CFLAGS="-O1 -fPIC" ./configure --static --prefix="$folder"
make install

cd ../python3.13
# configure compares the triplet with what the compiler prints, which is that of glibc.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\n[ "$1" != --print-multiarch ] || exec echo x86_64-linux-musl\nexec musl-gcc "$@"\n' >cc
chmod +x cc
# Without pkg-config, which would find the libraries for glibc.
PKG_CONFIG=false ZLIB_CFLAGS="-I$folder/include" ZLIB_LIBS="-L$folder/lib -lz" ./configure -q CC="$PWD/cc" CFLAGS=-O1 \
    --prefix="$folder" --without-ensurepip --disable-test-modules
make -s -j "$(nproc)"
make -s install
rm -r "$folder/source"
