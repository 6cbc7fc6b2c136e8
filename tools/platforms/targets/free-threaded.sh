#!/bin/sh
# CPython 3.13 without a GIL, built from Debian's source, with cffi, which itself demands 3.14.
. tools/platforms/common.sh

need build-essential libffi-dev libssl-dev zlib1g-dev python3-pip
python=$work/bin/python3
export PYTHON_GIL=0 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
build_python() {
    sh tools/platforms/debian_sources.sh "$work/source" python3.13 &&
        cd "$work/source/python3.13" &&
        ./configure -q --disable-gil --prefix="$work" CFLAGS=-O1 &&
        make -s -j "$(nproc)" &&
        make -s install TESTSUBDIRS=
}
[ -x "$python" ] || (quietly build_python)
say tools "CPython $("$python" -c 'import platform; print(platform.python_version())') without a GIL"

pip="$python -m pip install -q"
# shellcheck disable=SC2086 # words
$pip --only-binary :all: setuptools setuptools-rust wheel pycparser $python_packages
$pip psutil
if ! "$python" -c "import cffi" 2>/dev/null; then
    python3 -m pip download -q --no-deps --no-binary :all: --dest "$work" cffi
    tar -xzf "$work"/cffi-*.tar.gz -C "$work"
    sed -i 's/^if FREE_THREADED_BUILD and .*/if False:/' "$work"/cffi-*/setup.py
    $pip --no-build-isolation "$work"/cffi-*/
fi
say tools "cffi $("$python" -c 'import cffi; print(cffi.__version__)') with its refusal of 3.13 removed"

# In a copy, since the extension is built in the tree, next to the one for another Python.
mkdir -p "$work/tree"
git ls-files -z | xargs -0 cp --parents --preserve --target-directory "$work/tree"
cd "$work/tree"
$pip --no-build-isolation --editable .
say tools "$(rustc --version | cut -d ' ' -f 1-2)"

package_tests "$python"
say "not run" "the tests that need cryptography, which cannot be built for CPython 3.13 without a GIL"
say "not run" "CPython 3.14 without a GIL, which Debian does not have"
