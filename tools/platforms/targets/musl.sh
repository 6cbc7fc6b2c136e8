#!/bin/sh
# Linux with musl on x86-64, static.
. tools/platforms/common.sh

need musl-tools
export CC_x86_64_unknown_linux_musl=musl-gcc
cross x86_64-unknown-linux-musl cc ""
library_tests
c_program -static musl-gcc env
