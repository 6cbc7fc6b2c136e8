#!/bin/sh
# Runs a program for Windows by the Wine of a Debian system in a folder, where the project has the path that it has here:
# `wine.sh FOLDER PROGRAM [ARGUMENT...]`.
set -eu

project=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck disable=SC2016 # expanded there
exec unshare --mount sh -euc '
    project=$1 root=$2
    shift 2
    mkdir -p "$root/proc" "$root/dev" "$root$project" "$root$QYNAUTH_PQC_VECTORS"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind "$project" "$root$project"
    mount --bind -o ro "$QYNAUTH_PQC_VECTORS" "$root$QYNAUTH_PQC_VECTORS"
    exec chroot "$root" env -u QYNAUTH_PQC_EMULATOR -C "$PWD" HOME=/root WINEDEBUG=-all /usr/lib/wine/wine64 "$@"
' wine.sh "$project" "$@"
