#!/bin/sh
# Tests whether times depend on secrets: `sh tools/timing/run.sh [FILTER]`. The machine should be quiet: noise hides leaks, and a
# change of the clock in the middle looks like one.
#
# The statistic is Welch's t between two classes of inputs, the largest over the times below each of a hundred percentiles.
# Above 10 in absolute value the classes differ, as they must for the planted leak.
set -eu
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=../../target/timing
cargo build --quiet --release --locked
"$CARGO_TARGET_DIR/release/pqc-timing" "$@" | awk '
    / max t = / {
        t = $0; sub(/.*max t = /, "", t); sub(/,.*/, "", t); t += 0; differs = (t < -10 || t > 10)
        planted = ($2 == "planted-leak"); bad = (differs != planted)
        printf "%-28s t = %7.1f  %s\n", $2, t, planted ? (differs ? "caught" : "NOT CAUGHT") : (differs ? "DIFFERS" : "passed")
        failed += bad; count++
    }
    END {
        if (!count || failed) { print "timing: " failed + 0 " of " count + 0 " tests failed" > "/dev/stderr"; exit 1 }
        print "timing: " count " tests passed"
    }'
