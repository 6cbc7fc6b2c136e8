#!/bin/sh
# CPython 3.12 from the path or from pyenv, as Debian has none, with the extension of `make build`, which serves every version since 3.11.
. tools/platforms/common.sh

# The first that runs: a name on the path may be a stub of pyenv.
python=
for each in python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python3.12; do
    if "$each" -c "import ensurepip" 2>/dev/null; then
        python=$each
        break
    fi
done
if [ -z "$python" ]; then
    echo "there is no CPython 3.12"
    exit
fi
[ -f qynauth_pqc/_native.abi3.so ] || quietly make build
"$python" -m venv "$work/venv"
python=$work/venv/bin/python
# shellcheck disable=SC2086 # words
"$python" -m pip install -q --only-binary :all: 'cffi>=1.17' 'psutil>=5.9' setuptools setuptools-rust $python_packages
# The package is in the tree; the messages of missing extras need its metadata.
rm -rf "$work/metadata"
mkdir "$work/metadata"
quietly "$python" -c "from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel('$work/metadata')"
say tools "CPython $("$python" -c 'import platform; print(platform.python_version())')"
export PYTHONPATH="$PWD:$work/metadata"
package_tests "$python"
say "not run" "the other tests of the Python package"
