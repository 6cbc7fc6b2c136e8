#!/bin/sh
# Runs the tests of the variant for FIPS 140-3 with the package that .venv-fips has: test.sh [PYTEST ARGUMENTS]
#
# The tests of the module are in tests/fips. Of the others, a test of an operation that the module lacks is skipped.
set -eu
cd "$(dirname "$0")/../.."

# Without the source tree, where the package has the libraries of the default build, also in children.
export PYTHONSAFEPATH=1
paths="tests tests/support tools/release tools/vectors"
if [ -x .venv/bin/python ]; then
    export QYNAUTH_PQC_DEFAULT_PYTHON="${QYNAUTH_PQC_DEFAULT_PYTHON-.venv/bin/python}"
fi
if [ $# = 0 ]; then
    set -- tests/fips tests/test_mldsa.py tests/test_mu.py tests/native/test_buffers.py tests/metrics/test_monitoring.py \
        tests/metrics/test_reports.py
fi
.venv-fips/bin/pytest -o pythonpath="$paths" "$@"
.venv-fips/bin/qynauth-pqc validate --limit 1000
