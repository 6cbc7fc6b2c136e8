# shellcheck shell=sh
# Shared by the targets that test a wheel, after common.sh.

# Installs a wheel, and the packages that its tests need, next to a copy of the tests: `install_wheel TRIPLE PYTHON_VERSION PLATFORM...`,
# with the tags of platforms, the wheel's first. It is made as it ships, in dist/.
install_wheel() (
    triple=$1
    version=$2
    platform=$3
    shift 2
    unset CARGO_BUILD_TARGET CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO CARGO_PROFILE_RELEASE_CODEGEN_UNITS
    quietly make wheel TARGET="$triple"
    wheel=$(echo dist/*"$platform"*.whl)
    rm -rf "${work:?}/run"
    # shellcheck disable=SC2046 # words
    python3 -m pip install --quiet --target "$work/run" --only-binary=:all: --python-version "$version" \
        $(printf -- '--platform %s ' "$@") "${wheel}[numpy,arrow]" 'pytest>=8'
    cp -r tests pyproject.toml "$work/run"
    say tools "$(basename "$wheel")"
)

# The tests of behaviour that may differ between platforms.
files="threads key"
[ "$short" ] || files="$files vectors batch small_batches batch_processes"

# Runs these tests of the wheel by a Python of its platform: `wheel_tests PYTHON`.
wheel_tests() (
    say tools "$("$1" --version)"
    cd "${work:?}/run" || exit
    # Python 3.12 and newer warn of a fork of a process with threads.
    export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD" PYTHONWARNINGS=ignore::DeprecationWarning
    # shellcheck disable=SC2046,SC2086 # words
    "$1" -m pytest -p no:cacheprovider $(test_files $files)
    # shellcheck disable=SC2086 # words
    say tested "the installed wheel, with $(printf "\`test_%s.py\` " $files | sed "s/ $//; s/ /, /g")"
    say "not run" "the other tests of the Python package"
)

# Pythons for musl, which Debian does not have.
musl_pythons=$PWD/target/platforms/musl-pythons

# Builds one, unless it is there: `musl_python MACHINE`, and for another machine than this, as tools/platforms/musl_python.sh says,
# `ROOT PYTHON`.
musl_python() {
    need musl-tools
    [ -x "$musl_pythons/$1/bin/python3" ] || quietly sh tools/platforms/musl_python.sh "$musl_pythons/$1" "$@"
}

# The tests of a wheel by such a Python: `musl_wheel_tests PYTHON COMMAND...`, with the command that runs musl, which prints its version.
musl_wheel_tests() {
    python=$1
    shift
    say tools "musl $("$@" 2>&1 | sed -n 's/^Version //p')"
    wheel_tests "$python"
    say "not run" "\`test_buffers.py\` and \`test_inputs.py\`: this Python has no ctypes"
    say "not run" "\`test_batch_inputs.py\`: the wheel of NumPy crashes on import with musl 1.2.3"
}

# Makes a Python of another machine a program of this one: `emulated_python MACHINE ROOT PYTHON`, with the files of its system in ROOT.
# The emulator has Python take this script for itself, so that tests which start Python again start the emulator.
emulated_python() {
    python=$2/usr/bin/python
    # shellcheck disable=SC2016 # for the script
    printf '#!/bin/sh\nexec qemu-%s-static -L "%s" -0 "$0" "%s" "$@"\n' "$@" >"$python"
    chmod +x "$python"
    emulator_version "qemu-$1-static"
}
