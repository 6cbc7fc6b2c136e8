#!/bin/sh
# Builds a Python for musl from the sources of Debian 13, as Debian has none: `musl_python.sh FOLDER MACHINE [ROOT PYTHON]`,
# with gcc for the machine, and Debian's musl-dev for it. For another machine than this, musl-dev is in the file system ROOT, and
# configure needs a PYTHON of the same version that runs here.
# It has zlib, which tests need, but no OpenSSL, ctypes or pip.
set -eu

folder=$1
machine=$2
root=${3-}
python=${4-}
sh "$(dirname "$0")/debian_sources.sh" "$folder/source" zlib python3.13
cd "$folder/source"

# Debian has the shared library in another folder than the static one.
sed "s,/usr/,$root&,g; s,^-L,-L$root/lib/$machine-linux-musl &," "$root/usr/lib/$machine-linux-musl/musl-gcc.specs" >musl-gcc.specs
# The functions of gcc that choose atomic instructions at run time ask glibc for the processor.
[ "$machine" != aarch64 ] || atomics=-mno-outline-atomics
# configure compares the triplet with the compiler's, which is for glibc.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\n[ "$1" != --print-multiarch ] || exec echo %s-linux-musl\nexec %s-linux-gnu-gcc %s "$@" -specs "%s"\n' \
    "$machine" "$machine" "${atomics-}" "$PWD/musl-gcc.specs" >cc
chmod +x cc
export CC="$PWD/cc" AR="$machine-linux-gnu-ar" RANLIB="$machine-linux-gnu-ranlib" READELF="$machine-linux-gnu-readelf"

cd zlib
CFLAGS="-O1 -fPIC" ./configure --static --prefix="$folder"
make install

cd ../python3.13
# Without pkg-config, which would find the libraries for glibc.
PKG_CONFIG=false ZLIB_CFLAGS="-I$folder/include" ZLIB_LIBS="-L$folder/lib -lz" ./configure -q CFLAGS=-O1 \
    --prefix="$folder" --without-ensurepip --disable-test-modules ${python:+--with-build-python="$python" \
    --build="$(gcc -dumpmachine)" --host="$machine-linux-musl" ac_cv_file__dev_ptmx=no ac_cv_file__dev_ptc=no \
    ac_cv_buggy_getaddrinfo=no}
make -s -j "$(nproc)"
make -s install
rm -r "$folder/source"
