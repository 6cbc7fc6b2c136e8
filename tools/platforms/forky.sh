# shellcheck shell=sh
# For the targets on a Python of Debian forky, which has newer versions than Debian 12.

forky=$PWD/target/platforms/forky

# Tests outside tests/tools that need programs or the project's git history, which this system lacks.
project="abi auth_relying_parties auth_service_browser install monitoring_rules site types"

# Runs a command in that system, in the copy of the project there, with the Rust and the vectors of this machine:
# `in_forky PYTHON COMMAND...`, with the packages that were installed for that Python.
in_forky() {
    # shellcheck disable=SC2016,SC2154 # expanded there; of common.sh
    unshare --mount sh -euc '
        root=$1 source=$2 rust=$3 crates=$4 python=$5
        shift 5
        mkdir -p "$root/rust" "$root/root/.cargo/registry" "$root/vectors"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --bind -o ro "$rust" "$root/rust"
        mount --bind "$crates" "$root/root/.cargo/registry"
        mount --bind -o ro "$QYNAUTH_PQC_VECTORS" "$root/vectors"
        exec chroot "$root" env -C "$source" -u CARGO_TARGET_DIR -u PIP_FIND_LINKS HOME=/root QYNAUTH_PQC_VECTORS=/vectors \
            PATH="/packages/$python/bin:/rust/bin:/usr/bin:/bin" "$@"
    ' in_forky "$forky" "/$target" "$(rustc --print sysroot)" "${CARGO_HOME:-$HOME/.cargo}/registry" "$@"
}

# Builds the package with the first Python, and runs its tests on each: `python_tests PYTHON...`.
python_tests() {
    # The release files of a suite that is not released may have expired.
    debian "$forky" usr/bin/pypy3 forky --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
        --include=ca-certificates,curl,gcc,g++,libc6-dev,libssl-dev,pkg-config,make,git \
        --include=pypy3-dev,pypy3-venv,python3.13-dev,python3.13-venv,python3.14-dev,python3.14-venv
    cp /etc/resolv.conf "$forky/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$forky/etc/ssl/certs/"
    mkdir -p "$forky/$target"
    find "$forky/$target" -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} + # Rust that was built stays
    git ls-files -z | xargs -0 cp --parents --target-directory "$forky/$target"
    say tools "$(rustc --version | cut -d ' ' -f 1-2)"
    for python; do
        say tools "$(in_forky "" "$python" -c 'import platform as p; print(p.python_implementation(), p.python_version())')"
        in_forky "" "$python" -m venv "/packages/$python"
        ln -sfn "/packages/$python" "$forky/$target/.venv"
        if [ "$python" = "$1" ]; then
            in_forky "$python" pip install --quiet 'setuptools>=77' 'setuptools-rust>=1.11' 'cffi>=1.17'
            quietly in_forky "$python" python -c 'from setuptools.build_meta import build_editable; build_editable("dist")'
            # It has the tag of the Python that built it, although the extension is for every version since 3.11.
            for wheel in "$forky/$target"/dist/*-cp313-cp313-*.whl; do
                [ ! -e "$wheel" ] || mv "$wheel" "$(echo "$wheel" | sed 's/-cp313-cp313-/-cp311-abi3-/')"
            done
        fi
        # The paths in the wheel are in that copy, where the tests expect them.
        # shellcheck disable=SC2016 # expanded there
        in_forky "$python" sh -c 'pip install --quiet --force-reinstall --no-deps dist/*.whl && pip install --quiet --prefer-binary "$(echo dist/*.whl)[test]"'
        if [ "$short" ]; then
            in_forky "$python" python -m pytest -q tests/native/test_buffers.py tests/native/test_inputs.py tests/keys/test_key.py \
                tests/native/test_threads.py || status=$?
        else
            # A new process for each folder: PyPy collects garbage more slowly the more objects live. 5: all tests were left out.
            # shellcheck disable=SC2046,SC2086 # words
            for folder in $(find tests -name 'test_*.py' ! -path 'tests/c/*' ! -path 'tests/tools/*' -printf '%h\n' | sort -u); do
                case $folder in
                tests/batch | tests/native) marks="not nightly" ;;
                *) marks="not (slow or nightly)" ;;
                esac
                in_forky "$python" python -m pytest -q -m "$marks" \
                    $(find "$folder" -maxdepth 1 -name 'test_*.py' $(printf -- '! -name test_%s.py ' $project) | sort) || [ $? = 5 ] || status=1
            done
        fi
    done
    say tested "tests of the Python package${2:+, on each}"
    say "not run" "the tests of other languages and of the project's tools: tests/c, tests/tools, and $project"
    say "not run" "the tests that are marked slow, except in tests/native and tests/batch"
    return "${status-0}"
}
