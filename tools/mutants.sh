#!/bin/sh
# Mutates the arithmetic of the vector engine and runs its tests on each mutant: `sh tools/mutants.sh [ARGUMENT...]`.
#
# The arguments go to cargo-mutants: `--re ntt16` for one module, `--shard 0/8` for an eighth.
# .cargo/mutants.toml selects the changes; docs/results/mutants.md explains the survivors.
#
# The portable backend and the unit tests come first and alone: the mutated code is the same on each backend, and vector
# code is ten times slower to compile. Survivors are tried again with all backends and all tests.
set -eu
cd "$(dirname "$0")/.."

version=27.1.0
work=target/mutants
tree=$work/tree
export PATH="$PWD/target/tools/bin:$PATH"
export QYNAUTH_PQC_CASES=10
if [ "$(cargo-mutants mutants --version 2>/dev/null)" != "cargo-mutants $version" ]; then
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=target/tools/build \
        cargo install --quiet --locked --debug --root target/tools cargo-mutants --version $version
fi

# Makes a copy of the sources to mutate; all files are new, so that nothing compiled from a mutant stays.
lay() {
    mkdir -p $tree
    git ls-files -z | tar --create --null --files-from - | tar --extract --touch --directory $tree
}

# Tries mutants in the copy: `try OUTPUT [ARGUMENT...]`. Missed mutants and timeouts do not fail the run.
try() {
    mkdir -p "$work/$1"
    status=0
    output=$work/$1
    shift
    cargo mutants --dir $tree --in-place --output "$output" "$@" || status=$?
    case $status in 0 | 2 | 3) ;; *) exit $status ;; esac
}

lay
grep -rl 'target_arch = "x86_64"' $tree/crates/pqc-simd/src | xargs sed -i 's/target_arch = "x86_64"/target_arch = "none"/'
sed -i '/"--test=/d' $tree/.cargo/mutants.toml
try portable "$@"

# Each by its name, which is not a pattern.
set --
while read -r name; do
    set -- "$@" --re "^$(printf %s "$name" | sed 's/[][\.*^$+?(){}|]/\\&/g')\$"
done <$work/portable/mutants.out/missed.txt
if [ $# -gt 0 ]; then
    lay
    try all "$@"
    exit $status
fi
