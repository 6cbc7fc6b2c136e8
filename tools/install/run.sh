#!/bin/sh
# Installs or removes the C library: `sh tools/install/run.sh install | uninstall`, with PREFIX, LIBDIR and DESTDIR in the environment.
#
# The shared library is linked here, from the static one: rustc's own takes no version script but the one it writes, so it can
# carry neither symbol versions nor a SONAME that follows the version.
set -eu
umask 022
cd "$(dirname "$0")/../.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-lib}
root=${DESTDIR:-}$prefix
lib=$root/$libdir
cmake=$lib/cmake/pqc_ffi
doc=$root/share/doc/pqc_ffi

case $prefix in
/*) ;;
*)
    echo "PREFIX must be an absolute path, not '$prefix'" >&2
    exit 2
    ;;
esac
case $libdir in
/*)
    echo "LIBDIR must be a folder below PREFIX, such as lib64, not '$libdir'" >&2
    exit 2
    ;;
esac
if [ "$(uname -s)" != Linux ]; then
    echo "the C library is installed on Linux only; elsewhere use what cargo leaves in target/release" >&2
    exit 2
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
major=${version%%.*}
library=libpqc_ffi.so.$version
soname=libpqc_ffi.so.$major

# The functions of the header are exported, under a version that is the same for the whole of a major release; nothing else is.
version_script() {
    echo "PQC_FFI_$major { global:"
    sed -n 's/^[A-Za-z].*[ *]\([a-z]*_[a-z0-9_]*\)(.*/    \1;/p' include/pqc_ffi.h
    echo "local: *; };"
}

link_shared() {
    script=$(mktemp)
    trap 'rm -f "$script"' EXIT
    version_script >"$script"
    ${CC:-cc} -shared -o "$1" -Wl,--whole-archive target/release/libpqc_ffi.a -Wl,--no-whole-archive \
        -Wl,--version-script="$script" -Wl,-soname,"$soname" -Wl,--gc-sections -Wl,-s -Wl,-z,defs -Wl,-z,relro,-z,now \
        -lpthread -ldl -lm
}

# Fills in a template of tools/install.
fill() {
    up=$(echo "$libdir" | sed 's|[^/][^/]*|..|g')
    sed -e "s|@VERSION@|$version|" -e "s|@MAJOR@|$major|" -e "s|@UP@|$up|" -e "s|@LIBDIR@|$libdir|" \
        -e "s|@LIBRARY@|$library|" -e "s|@RPATH@||" -e "s|@SONAME_PROPERTY@|IMPORTED_SONAME $soname|" "tools/install/$1.in" >"$2/$1"
    chmod 644 "$2/$1"
}

install_all() {
    install -d "$lib/pkgconfig" "$cmake" "$root/include" "$doc/reference"
    link_shared "$lib/$library"
    ln -sf "$library" "$lib/$soname"
    ln -sf "$soname" "$lib/libpqc_ffi.so"
    install -m 644 target/release/libpqc_ffi.a "$lib"
    sh tools/install/provider.sh "$lib/ossl-modules/qynauth.so" "$lib/$library"
    chmod 755 "$lib/ossl-modules/qynauth.so"
    install -m 644 include/pqc_ffi.h include/pqc_ffi.hpp "$root/include"
    fill pqc_ffi.pc "$lib/pkgconfig"
    fill pqc_ffi-config.cmake "$cmake"
    fill pqc_ffi-config-version.cmake "$cmake"
    install -m 644 LICENSE LICENSE-APACHE LICENSE-MIT docs/api-conventions.md "$doc"
    install -m 644 docs/reference/*.md "$doc/reference"
}

uninstall_all() {
    rm -f "$lib"/libpqc_ffi.so "$lib"/libpqc_ffi.so.[0-9]* "$lib/libpqc_ffi.a" "$lib/pkgconfig/pqc_ffi.pc"
    rm -f "$lib/ossl-modules/qynauth.so"
    rm -f "$root/include/pqc_ffi.h" "$root/include/pqc_ffi.hpp"
    rm -rf "$cmake" "$doc"
    # Folders that are empty now may have been made by the installation.
    for folder in "$lib/ossl-modules" "$lib/pkgconfig" "$lib/cmake" "$lib" "$root/include" "$root/share/doc" "$root/share" "$root"; do
        rmdir "$folder" 2>/dev/null || :
    done
}

case ${1-} in
install) install_all ;;
uninstall) uninstall_all ;;
*)
    echo "usage: sh tools/install/run.sh install | uninstall" >&2
    exit 2
    ;;
esac
