#!/bin/sh
# Builds the page into dist from the packages in package-lock.json. Their scripts do not run.
set -eu
cd "$(dirname "$0")"

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
npm run --silent build
