# shellcheck shell=sh
# What the targets that test a wheel share, after common.sh.

# Installs a wheel, and what its tests need, next to a copy of the tests: `install_wheel TRIPLE PYTHON_VERSION PLATFORM...`,
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

# The tests of what a platform may do differently.
files="threads key"
[ "$short" ] || files="$files vectors batch small_batches batch_processes"

# Runs these tests of the wheel by a Python of its platform: `wheel_tests PYTHON OPTION...`, with options of pytest.
wheel_tests() (
    say tools "$("$1" --version)"
    cd "${work:?}/run" || exit
    # Python 3.12 and newer warn of a fork of a process with threads.
    export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD" PYTHONWARNINGS=ignore::DeprecationWarning
    python=$1
    shift
    # shellcheck disable=SC2046,SC2086 # words
    "$python" -m pytest -p no:cacheprovider "$@" $(test_files $files)
    # shellcheck disable=SC2086 # words
    say tested "the installed wheel, with $(printf "\`test_%s.py\` " $files | sed "s/ $//; s/ /, /g")"
    say "not run" "the other tests of the Python package"
)
