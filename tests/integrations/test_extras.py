"""Importing a module without the extra that it needs says how to install the extra."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
from add_ons import found

from qynauth_pqc import UnsupportedError
from qynauth_pqc._extras import extra, install_command

NEEDS = [
    ("integrations.pyjwt", "jwt", "pyjwt"),
    ("integrations.joserfc", "joserfc", "joserfc"),
    ("integrations.x509", "cryptography", "cryptography"),
    ("integrations.aio", "anyio", "anyio"),
    ("integrations.distributed", "pyarrow", "pyarrow"),
    ("integrations.distributed", "distributed", "dask[distributed]"),
    ("integrations.prometheus", "prometheus_client", "prometheus-client"),
    ("integrations.opentelemetry", "opentelemetry", "opentelemetry-api"),
    *(row for each in found("extras").values() for row in each.NEEDS),
]


@pytest.mark.parametrize(("module", "package", "name"), NEEDS)
def test_import_without_a_package_names_those_to_install(module: str, package: str, name: str) -> None:
    """It is Python's error, which programs catch, and ends in the command, without the name of this package."""
    program = f"import sys; sys.modules[{package!r}] = None; import qynauth_pqc.{module}"
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    command = last.partition(": pip install ")[2]
    assert f"'{name}>=" in command
    assert "qynauth" not in command


def test_error_of_an_optional_use_names_the_package() -> None:
    """A package that is too old counts as missing; other failed imports are not about the extra."""
    need = extra("cose", "this page needs {}", "cbor2", "anyio")
    for error in (ModuleNotFoundError("", name="cbor2"), ImportError("", name="cbor2.types")):
        with pytest.raises(UnsupportedError, match=r"^this page needs cbor2: (pip )?install "), need:
            raise error
    with pytest.raises(ModuleNotFoundError, match=r"^another$"), need:
        raise ModuleNotFoundError("another", name="another")


def test_package_without_metadata_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout on the path has no metadata."""

    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert install_command("ssh") == "install the packages of the extra ssh"
