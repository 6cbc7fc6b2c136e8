#!/bin/sh
# Runs the tests of the variant for FIPS 140-3 with the package that .venv-fips has: test.sh [PYTEST ARGUMENTS]
#
# The tests of the module are in tests/fips. Of the others, tests/conftest.py skips the tests of operations that the module lacks.
set -eu
cd "$(dirname "$0")/../.."

# Without the source tree, where the package has the libraries of the default build, also in children.
export PYTHONSAFEPATH=1
paths="tests tests/support tools/release tools/site tools/vectors"
if [ -x .venv/bin/python ]; then
    export QYNAUTH_PQC_DEFAULT_PYTHON="${QYNAUTH_PQC_DEFAULT_PYTHON-.venv/bin/python}"
fi
if [ $# = 0 ]; then
    cargo clippy --locked --release --manifest-path fips/Cargo.toml --target-dir target/fips --workspace --examples -- -D warnings
    set -- tests/fips tests/keys tests/batch tests/formats tests/metrics tests/native tests/test_[!t]*.py
fi
.venv-fips/bin/pytest -o pythonpath="$paths" "$@"
.venv-fips/bin/qynauth-pqc validate --limit 1000
