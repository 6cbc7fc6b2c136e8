#!/bin/sh
# wheel-aarch64: the wheel for aarch64 with glibc, by the Python of Debian 12 under qemu.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need qemu-user-static python3-pip
root=$work/root
debian "$root" usr/bin/python3.11 bookworm --variant=extract --architectures=arm64 --include=libstdc++6,python3.11
python=$root/usr/bin/python
# The emulator has Python take this script for itself, so that tests which start Python again start the emulator.
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nexec qemu-aarch64-static -L "%s" -0 "$0" "%s/usr/bin/python3.11" "$@"\n' "$root" "$root" >"$python"
chmod +x "$python"
export QEMU_CPU=max
emulator_version qemu-aarch64-static
install_wheel aarch64-unknown-linux-gnu 3.11 manylinux_2_17_aarch64 manylinux_2_28_aarch64
files="$files buffers batch_inputs"
wheel_tests "$python"
