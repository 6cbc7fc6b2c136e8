"""Modules that need an extra: without it, importing them says how it is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDS = [
    ("integrations.pyjwt", "jwt", "jose"),
    ("integrations.joserfc", "joserfc", "jose"),
    ("integrations.securesystemslib", "securesystemslib", "tuf"),
    ("integrations.x509", "cryptography", "x509"),
    ("integrations.aio", "anyio", "aio"),
    ("integrations.distributed", "pyarrow", "dask"),
    ("integrations.distributed", "distributed", "dask"),
    ("integrations.prometheus", "prometheus_client", "prometheus"),
    ("integrations.opentelemetry", "opentelemetry", "otel"),
    ("integrations.starlette", "starlette", "starlette"),
    ("integrations.fastapi", "fastapi", "fastapi"),
    ("integrations.flask", "flask", "flask"),
    ("integrations.django", "django", "django"),
    ("cms", "cryptography", "x509"),
    ("auth.keyring", "joserfc", "auth"),
    ("auth.keyring", "cryptography", "auth"),
    ("auth.cbom", "cyclonedx", "auth"),
]


@pytest.mark.parametrize(("module", "package", "extra"), NEEDS)
def test_import_without_a_package_names_the_extra(module: str, package: str, extra: str) -> None:
    """It is the error of Python that programs catch, and its last line is the command."""
    program = f"import sys; sys.modules[{package!r}] = None; import qynauth_pqc.{module}"
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert last.endswith(f": pip install 'qynauth-pqc[{extra}]'")
