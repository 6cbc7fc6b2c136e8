#!/bin/sh
# Proves the vector engine: `sh tools/prove/run.sh`; with FULL=1 also the slow rows and all controls, with REACH=1 also the functions
# that each row runs.
#
# The proofs are built twice, on the instructions of the processor and on a model of them, in separate folders. A third build is for
# aarch64: an emulator runs its instructions against the model, with FULL=1 on ten times as many operands. The rows of all builds
# make docs/results/proofs.md, which must not differ from the committed page. A row may name only functions that, by reached.txt, run in it.
# With REACH=1 or FULL=1, each row of the first two builds runs once more with the compiler's counters, and that list must not differ
# from the committed one either. With FULL=1, the rows on compiled code run in the profile that ships, for NEON in the emulator. Then
# errors are planted, each in a copy of the tree, and a row must find each.
set -eu
cd "$(dirname "$0")/../.."

manifest=tools/prove/Cargo.toml
work=tools/prove/target
rows=$work/rows
emulator=qemu-aarch64-static
target=aarch64-unknown-linux-musl
mkdir -p $rows

# Builds and runs the proofs with some flags: `prove NAME FLAGS [ARGUMENT...]`.
prove() (
    name=$1 flags=$2
    shift 2
    RUSTFLAGS=$flags cargo build --quiet --locked --release --manifest-path $manifest --package pqc-prove \
        --target-dir $work/$name "$@" &&
        $work/$name/release/pqc-prove ${FULL:+--full} --rows $rows/$name
)

# The same for aarch64. The target includes its C library and the linker, so only qemu is needed. The rows that run without FULL=1
# take less time than their optimisation.
emulate() {
    command -v $emulator >/dev/null || { echo "missing: $emulator (apt-get install qemu-user-static)" >&2; return 1; }
    level=0
    [ -z "${FULL:-}" ] || level=3
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$level RUSTFLAGS="--cfg prove -C linker=rust-lld" cargo build --quiet --locked --release \
        --manifest-path $manifest --package pqc-prove --target-dir $work/emulator --target $target &&
        QEMU_CPU=max $emulator $work/emulator/$target/release/pqc-prove ${FULL:+--full} NEON --rows $rows/emulator
}

# The rows on compiled code in the product's profile, without debug assertions: `compiled TARGET FLAGS [EMULATOR...]`.
compiled() (
    target=$1 flags=$2
    shift 2
    RUSTFLAGS=$flags cargo build --quiet --locked --profile shipped --manifest-path $manifest --package pqc-prove \
        --target-dir $work/shipped --target $target &&
        echo "as compiled in the profile that ships, $target:" &&
        "$@" $work/shipped/$target/shipped/pqc-prove --full "as compiled" "wiping:"
)

audit() {
    cargo run --quiet --locked --manifest-path $manifest --package pqc-prove-audit --target-dir $work/audit -- "$@"
}

# Builds the proofs with counters: `count NAME FLAGS [ARGUMENT...]`. Build scripts have counters too, and would leave files in the tree.
count() (
    name=$1 flags="$2 -C instrument-coverage"
    shift 2
    LLVM_PROFILE_FILE=/dev/null RUSTFLAGS=$flags cargo build --quiet --locked --release --manifest-path $manifest --package pqc-prove \
        --target-dir $work/counted-$name "$@"
)

# Compares a file that was written with the committed one: `compare WRITTEN COMMITTED`.
compare() {
    diff -u "$2" "$1" && return
    echo "$2 differs: copy $1 there if the change is meant, and commit it" >&2
    exit 1
}

# Both at once; the output of the model is printed afterwards.
prove model "--cfg prove --cfg model" >$rows/model.log 2>&1 &
model=$!
failed=0
prove plain "--cfg prove" ${FULL:+--features libcrux} || failed=1
wait $model || failed=1
cat $rows/model.log
emulate || failed=1
if [ -n "${FULL:-}" ]; then
    compiled "$(rustc --print host-tuple)" "--cfg prove" || failed=1
    compiled $target "--cfg prove -C linker=rust-lld" env QEMU_CPU=max $emulator || failed=1
fi
[ $failed -eq 0 ] || { echo "a row has failed" >&2; exit 1; }

reached=tools/prove/reached.txt
if [ -n "${REACH:-}${FULL:-}" ]; then
    count plain "--cfg prove" --features libcrux
    count model "--cfg prove --cfg model"
    audit reach crates/pqc-simd/src $rows/reached.txt $rows/plain $work/counted-plain/release/pqc-prove \
        $rows/model $work/counted-model/release/pqc-prove
    compare $rows/reached.txt $reached
fi
audit table . $rows/proofs.md "$(rustc --version)" $rows/plain $rows/model $rows/emulator
compare $rows/proofs.md docs/results/proofs.md
audit controls . $([ -n "${FULL:-}" ] && echo full || echo quick) $rows/plain $rows/model $rows/emulator
