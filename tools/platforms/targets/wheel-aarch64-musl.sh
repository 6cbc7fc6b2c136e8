#!/bin/sh
# wheel-aarch64-musl: the wheel for aarch64 with musl, by a Python for musl under qemu.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3-pip
root=$work/root
debian "$root" lib/aarch64-linux-musl/libc.so bookworm --variant=extract --architectures=arm64 --include=musl-dev
musl_python x86_64
musl_python aarch64 "$root" "$musl_pythons/x86_64/bin/python3"
export QEMU_CPU=max
emulated_python aarch64 "$root" "$musl_pythons/aarch64/bin/python3"
install_wheel aarch64-unknown-linux-musl 3.13 musllinux_1_2_aarch64
musl_wheel_tests "$python" qemu-aarch64-static "$root/lib/aarch64-linux-musl/libc.so"
