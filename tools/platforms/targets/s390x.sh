#!/bin/sh
# s390x: big-endian, 64 bits, Linux with glibc, under qemu.
. tools/platforms/common.sh

need qemu-user-static gcc-s390x-linux-gnu libc6-dev-s390x-cross
cross s390x-unknown-linux-gnu s390x-linux-gnu-gcc "qemu-s390x-static -L /usr/s390x-linux-gnu"
library_tests
c_program s390x-linux-gnu-gcc qemu-s390x-static -L /usr/s390x-linux-gnu
