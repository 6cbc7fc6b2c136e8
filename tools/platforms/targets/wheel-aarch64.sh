#!/bin/sh
# wheel-aarch64: the wheel for aarch64 with glibc, by the Python of Debian 12 under qemu.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need qemu-user-static mmdebstrap
root=$work/root
[ -x "$root/usr/bin/python3.11" ] ||
    mmdebstrap --quiet --variant=extract --architectures=arm64 --include=libstdc++6,python3.11 bookworm "$root"
python=$root/usr/bin/python
# The emulator has Python take this script for itself, so that tests which start Python again start the emulator.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nexec qemu-aarch64-static -L "%s" -0 "$0" "%s/usr/bin/python3.11" "$@"\n' "$root" "$root" >"$python"
chmod +x "$python"
export QEMU_CPU=max
emulator_version qemu-aarch64-static
install_wheel aarch64-unknown-linux-gnu 3.11 manylinux_2_17_aarch64 manylinux_2_28_aarch64
files="$files buffers batch_columns"
wheel_tests "$python"
