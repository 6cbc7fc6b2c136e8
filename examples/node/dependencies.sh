#!/bin/sh
# Installs what package-lock.json names, unless it is there. Scripts of packages do not run.
set -eu
cd "$(dirname "$0")"

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
