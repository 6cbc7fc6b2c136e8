#!/bin/sh
# CPython 3.13 and 3.14 on Linux on x86-64, with one extension.
. tools/platforms/common.sh
. tools/platforms/forky.sh

python_tests python3.13 python3.14
