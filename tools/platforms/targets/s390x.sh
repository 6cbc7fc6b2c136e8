#!/bin/sh
# s390x: big-endian, Linux with glibc, under qemu.
. tools/platforms/common.sh

need qemu-user-static gcc-s390x-linux-gnu libc6-dev-s390x-cross
qemu="qemu-s390x-static -L /usr/s390x-linux-gnu"
cross s390x-unknown-linux-gnu s390x-linux-gnu-gcc "$qemu"
library_tests
say "not run" "the tests of pqc-simd, which compare it with other libraries"
shipped_tests
# shellcheck disable=SC2086 # words
c_program "-lpthread -ldl -lm" s390x-linux-gnu-gcc $qemu
