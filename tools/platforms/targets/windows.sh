#!/bin/sh
# Windows on x86-64, under Wine.
. tools/platforms/common.sh

need gcc-mingw-w64-x86-64
# The Wine of Debian 12 has no bcryptprimitives.dll.
root=$work/root
debian "$root" usr/lib/wine/wine64 trixie --variant=minbase --include=wine64
wine="sh $PWD/tools/platforms/wine.sh $root"
# shellcheck disable=SC2016 # dpkg's
say tools "$(chroot "$root" dpkg-query --show --showformat 'Wine ${Version}' wine64)"
cross x86_64-pc-windows-gnu x86_64-w64-mingw32-gcc "$wine"
library_tests
say "not run" "the tests of pqc-simd, which compare it with other libraries"
say "not run" "the tests of secrets left in memory"
# shellcheck disable=SC2086 # words
c_program "-lbcrypt -lkernel32 -lntdll -luserenv -lws2_32" x86_64-w64-mingw32-gcc $wine
