#!/bin/sh
# aarch64: Linux with glibc, under qemu; all tests on a processor with everything, and a selection on a Cortex-A72.
. tools/platforms/common.sh

need qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
qemu="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
cross aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc "$qemu"
say tools "its processors max and cortex-a72"
export QEMU_CPU=max
library_tests
shipped_tests
engine_tests
# shellcheck disable=SC2086 # words
c_program "-lpthread -ldl -lm" aarch64-linux-gnu-gcc $qemu
export QEMU_CPU=cortex-a72
engine_tests
short=short
library_tests
