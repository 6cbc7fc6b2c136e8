#!/bin/sh
# wheel-musl: the wheel for x86-64 with musl, by a Python for musl, run by an x86-64 processor itself.
. tools/platforms/common.sh
. tools/platforms/wheel.sh

need musl-tools python3-pip
python=$work/python/bin/python3
[ -x "$python" ] || quietly sh tools/platforms/musl_python.sh "$work/python"
# shellcheck disable=SC2016 # dpkg's
say tools "$(dpkg-query --show --showformat 'musl ${Version}' musl)"
install_wheel x86_64-unknown-linux-musl 3.13 musllinux_1_2_x86_64
wheel_tests "$python" -k "not sigGen-FIPS204 and not sigVer-FIPS204"
say "not run" "ACVP's signatures of ML-DSA: some are of SHA-512/256, which this Python lacks; those of Wycheproof were run"
say "not run" "\`test_buffers.py\`: this Python has no ctypes"
say "not run" "\`test_batch_inputs.py\`: the wheel of NumPy crashes on import with musl 1.2.3"
