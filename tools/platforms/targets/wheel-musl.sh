#!/bin/sh
# wheel-musl: the wheel for x86-64 with musl, by a Python for musl, run by an x86-64 processor itself.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need python3-pip
musl_python x86_64
install_wheel x86_64-unknown-linux-musl 3.13 musllinux_1_2_x86_64
musl_wheel_tests "$musl_pythons/x86_64/bin/python3" /lib/ld-musl-x86_64.so.1
