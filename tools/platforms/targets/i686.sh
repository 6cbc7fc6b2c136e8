#!/bin/sh
# i686: 32 bits, Linux with glibc, run by an x86-64 processor itself.
. tools/platforms/common.sh

need gcc-i686-linux-gnu libc6-dev-i386-cross libc6-i386 lib32gcc-s1
cross i686-unknown-linux-gnu i686-linux-gnu-gcc ""
library_tests
engine_tests
say "not run" "the tests of secrets left in memory"
c_program "-lpthread -ldl -lm" i686-linux-gnu-gcc env
