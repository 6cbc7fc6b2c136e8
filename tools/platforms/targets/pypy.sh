#!/bin/sh
# PyPy 3.11 on Linux on x86-64.
. tools/platforms/common.sh
. tools/platforms/forky.sh

python_tests pypy3
