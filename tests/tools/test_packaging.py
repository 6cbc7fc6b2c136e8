"""The package as users get it: a wheel that was built from the sdist, used from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import check_release
import pytest
from conftest import ROOT

import qynauth_pqc

CONSUMER = ROOT / "tests" / "c" / "consumer.c"
USE = """
import pickle, qynauth_pqc
from qynauth_pqc import CompositePrivateKey, DilithiumKeyPair, KyberKeyPair, MLKEMPrivateKey, PQCLibraryV2
for name in PQCLibraryV2().algorithms():
    if name.startswith("ML-KEM"):
        kp = KyberKeyPair(parameter_set=name)
        ciphertext, secret = kp.encapsulate()
        assert kp.decapsulate(ciphertext) == secret
    elif name.startswith("ML-DSA"):
        dp = DilithiumKeyPair(parameter_set=name)
        assert dp.verify(b"message", dp.sign(b"message"))
    elif name.startswith("MLDSA"):
        both = CompositePrivateKey.generate(name)
        both.public_key.verify(b"message", both.sign(b"message"))
print(qynauth_pqc.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist as an installer would; optimised little, which only takes time."""
    folder = tmp_path_factory.mktemp("dist")
    environment = {**os.environ, "CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return next(folder.glob("*.whl"))


def interpreters() -> list[str]:
    """Return every Python that the wheel says it is for and that this machine has, this one first."""
    others = (shutil.which(f"python3.{minor}") for minor in range(10, 16))
    return [sys.executable, *(path for path in others if path and runs(path))]


def runs(python: str) -> bool:
    """Return whether an interpreter is more than a version manager's signpost to one, and can make environments."""
    return subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def test_wheel_is_for_every_python_from_3_10(wheel: Path) -> None:
    """The stable ABI makes one wheel do for all."""
    assert "-cp311-abi3-" in wheel.name


def test_wheel_has_the_package_the_library_and_the_header(wheel: Path) -> None:
    """And neither sources of the build nor tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "qynauth_pqc/_native.abi3.so",
        "qynauth_pqc/_native.pyi",
        "qynauth_pqc/native/__init__.pyi",
        "qynauth_pqc/batch/_types.pyi",
        "qynauth_pqc/py.typed",
        *(f"qynauth_pqc/{each}/__init__.py" for each in ("batch", "cli", "formats", "metrics", "native", "validation")),
        "qynauth_pqc/include/pqc_ffi.h",
        "qynauth_pqc/include/pqc_ffi.hpp",
        "qynauth_pqc/lib/libpqc_ffi.so",
        "qynauth_pqc/lib/cmake/pqc_ffi/pqc_ffi-config.cmake",
        "qynauth_pqc/lib/cmake/pqc_ffi/pqc_ffi-config-version.cmake",
    } <= names
    assert not [name for name in names if name.endswith(".c")]
    assert {name.split("/")[0] for name in names} == {"qynauth_pqc", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: Path(path).name)
def test_wheel_works_from_an_empty_folder(wheel: Path, python: str, tmp_path: Path) -> None:
    """In a fresh environment, with nothing of the project on the path; a C program builds against it there."""
    environment, empty = tmp_path / "environment", tmp_path / "empty"
    empty.mkdir()
    subprocess.run([python, "-m", "venv", str(environment)], check=True)
    subprocess.run([str(environment / "bin" / "pip"), "install", "--quiet", str(wheel)], check=True)
    command = [str(environment / "bin" / "python"), "-c", USE]
    used = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=True).stdout
    assert Path(used.strip()).is_relative_to(environment)
    script = f"cc -std=c99 {CONSUMER} $({environment}/bin/qynauth-pqc-config --cflags --libs) -o program\n./program"
    result = subprocess.run(["sh", "-e", "-c", script], cwd=empty, capture_output=True, text=True, check=True)
    assert result.stdout == "ok\n"


def test_wheel_without_its_extension_is_refused(wheel: Path, tmp_path: Path) -> None:
    """By what `make release-check` does with a wheel in use."""
    broken = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            if not name.startswith("qynauth_pqc/_native."):
                archive.writestr(name, whole.read(name))
    [fault] = check_release.installed(broken, sys.executable, qynauth_pqc.__version__)
    assert "_native" in fault
