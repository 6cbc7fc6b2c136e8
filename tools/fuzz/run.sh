#!/bin/sh
# Runs each fuzz target for some seconds (10 by default) and prints a line with its executions and its verdict.
set -eu
cd "$(dirname "$0")/../.."

seconds=${1:-10}
version=0.13.2
work=target/fuzz
export PATH="$PWD/target/tools/bin:$PATH"
export CARGO_TARGET_DIR="$PWD/$work"

if [ "$(cargo-fuzz --version 2>/dev/null)" != "cargo-fuzz $version" ]; then
    # Neither optimised nor with debug information: it only starts other programs.
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=target/tools/build \
        cargo install --quiet --locked --debug --root target/tools cargo-fuzz --version $version
fi

# Instrumentation is unstable, which a stable compiler accepts only on request.
toolchain=+nightly
if ! cargo $toolchain --version >/dev/null 2>&1; then
    toolchain=
    export RUSTC_BOOTSTRAP=1
fi

failed=0
report() {
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$3")
    printf '%-16s %9s executions  %s\n' "$1" "${executions:-?}" "$2"
    if [ "$2" = FAILED ]; then
        failed=1
        grep -E -A 1 'panicked at|Uncaught Python exception|^==[0-9]+==|^SUMMARY|Test unit written' "$3" | cut -c 1-160 >&2
        echo "the whole report: $3" >&2
    fi
}

cargo $toolchain fuzz build --fuzz-dir tools/fuzz
for target in $(cargo $toolchain fuzz list --fuzz-dir tools/fuzz); do
    mkdir -p $work/corpus/"$target" $work/artifacts/"$target"
    log=$work/$target.log
    verdict=PASSED
    # Findings of a run stay in the first folder; the second is the small corpus of the repository.
    cargo $toolchain fuzz run --fuzz-dir tools/fuzz "$target" \
        $work/corpus/"$target" tools/fuzz/corpus/"$target" -- \
        -max_total_time="$seconds" -max_len=6000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=$work/artifacts/"$target"/ >"$log" 2>&1 || verdict=FAILED
    report "$target" $verdict "$log"
done

# The verifier of tokens, and the readers of packages, in Python. atheris brings its own libFuzzer, and stays out of .venv.
atheris=3.0.0
python=.venv/bin/python
readers=$($python tools/fuzz/readers.py)
if ! PYTHONPATH=$work/atheris $python -c 'import atheris' 2>/dev/null &&
    ! $python -m pip install --quiet --only-binary :all: --no-deps --target $work/atheris atheris==$atheris; then
    echo "verifier $readers: SKIPPED, atheris $atheris has no wheel for $($python --version)"
    exit $failed
fi
for target in verifier $readers; do
    program=tools/fuzz/verifier.py
    [ $target = verifier ] || program="tools/fuzz/readers.py $target"
    mkdir -p $work/corpus/$target $work/artifacts/$target
    verdict=PASSED
    PYTHONPATH=$work/atheris $python $program $work/corpus/$target tools/fuzz/corpus/$target \
        -max_total_time="$seconds" -max_len=9000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=$work/artifacts/$target/ >$work/$target.log 2>&1 || verdict=FAILED
    report $target $verdict $work/$target.log
done
exit $failed
