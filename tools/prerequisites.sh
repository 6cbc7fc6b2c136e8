#!/bin/sh
# Checks for the programs that a build needs, and says what to install: prerequisites.sh [fips]
set -u

python=${PYTHON:-python3}
missing=0

missing() {
    echo "missing: $1" >&2
    echo "  install: $2" >&2
    missing=1
}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    missing "Python 3.11 or newer as '$python'" "apt-get install python3, or make PYTHON=/path/to/python3.x"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    missing "Python's venv module" "apt-get install python3-venv"
elif ! "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; then
    missing "Python.h, the headers of $python" "apt-get install python3-dev"
fi

least=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
have=$(cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p')
if [ -z "$have" ] || [ "$(printf '%s\n%s\n' "$least" "$have" | sort -V | head -n 1)" != "$least" ]; then
    missing "cargo $least or newer (found: ${have:-none})" "rustup (https://rustup.rs), then: rustup update stable"
fi

if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    missing "a C compiler as '${CC:-cc}'" "apt-get install gcc, or set CC"
fi

if [ "${1-}" = fips ]; then
    for tool in go cmake perl; do
        command -v "$tool" >/dev/null 2>&1 || missing "$tool, which builds the FIPS module" "apt-get install golang cmake perl"
    done
fi

exit $missing
