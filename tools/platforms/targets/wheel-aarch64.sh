#!/bin/sh
# wheel-aarch64: the wheel for aarch64 with glibc, by the Python of Debian 12 under qemu.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need qemu-user-static python3-pip
root=$work/root
debian "$root" usr/bin/python3.11 bookworm --variant=extract --architectures=arm64 --include=libstdc++6,python3.11
export QEMU_CPU=max
emulated_python aarch64 "$root" "$root/usr/bin/python3.11"
install_wheel aarch64-unknown-linux-gnu 3.11 manylinux_2_17_aarch64 manylinux_2_28_aarch64
files="$files buffers inputs batch_inputs"
wheel_tests "$python"
(
    cd "${work:?}/run" || exit
    PYTHONPATH="$PWD" "$python" -m pytest -p no:cacheprovider tests/provider/test_provider_activation.py -k asyncio_serves
)
say tested "the provider in Python's own OpenSSL"
