#!/bin/sh
# musl: Linux on x86-64 with musl, linked statically, run by an x86-64 processor itself.
. tools/platforms/common.sh

need musl-tools
# With the C library of Rust; musl-gcc, as a linker, takes a static program for a dynamic one, which crashes.
cross x86_64-unknown-linux-musl "" ""
library_tests
say "not run" "the tests of secrets left in memory"
# The unwinder of Rust, as gcc's is for glibc.
c_program "-static -L$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl/lib/self-contained -lunwind" musl-gcc env
