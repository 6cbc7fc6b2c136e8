#!/bin/sh
# Runs run.sh with more parameter sets, and trace.sh on every backend, with the oldest supported Rust and with the newest stable one
# that is installed: `sh tools/ct/compilers.sh`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1.0/p' "$here/../../Cargo.toml")

fail() {
    echo "ct: $*" >&2
    exit 1
}

# Prints the versions of the stable toolchains, the oldest first, each with the name of a toolchain: "stable" or a version.
installed() {
    rustup toolchain list --quiet | while read -r name; do
        rustc "+$name" --version | sed -n "s/^rustc \([0-9.]*\) .*/\1 $name/p"
    done | sort --version-sort | awk '$1 != last { print } { last = $1 }'
}

found=$(installed)
newest=$(echo "$found" | awk 'END { print $1 }')
echo "$found" | grep -Fq "$oldest " || fail "the oldest supported Rust is missing: rustup toolchain install $oldest"
[ "$oldest" != "$newest" ] || fail "there is no Rust newer than $oldest: rustup toolchain install stable"
status=0
for version in "$oldest" "$newest"; do
    echo "ct: Rust $version"
    # By its name: if the version is here as "stable", rustup would install it once more.
    RUSTUP_TOOLCHAIN=$(echo "$found" | awk -v version="$version" '$1 == version { print $2 }')
    export RUSTUP_TOOLCHAIN
    FULL=1 sh "$here/run.sh" || status=1
    sh "$here/trace.sh" backends || status=1
done
[ $status = 0 ] || fail "a compiler makes secrets decide what the program does; see the lines with FAILED"
echo "ct: passed with Rust $oldest and $newest"
