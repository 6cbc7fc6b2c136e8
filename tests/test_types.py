"""What a type checker knows of the public interface: everything, with no `Any` in it."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from mypy import api

import qynauth_pqc

# Whose signatures are from a base class of another library, or have classes of pyarrow, which has no types.
LEFT_OUT = {"distributed", "joserfc"}
MODULES = [
    "qynauth_pqc",
    *(
        f"qynauth_pqc.{each.name}"
        for each in pkgutil.iter_modules(qynauth_pqc.__path__)
        if not each.name.startswith("_") and each.name not in LEFT_OUT
    ),
]
# Parts of types that no annotation can avoid: what a coroutine yields and is sent, and the shape of an array.
UNAVOIDABLE = re.compile(r"Coroutine(Type)?\[Any, Any, |tuple\[Any, \.\.\.\]")

CORRECT = """
from qynauth_pqc import FFIPerformanceMonitor, MLDSAPrivateKey, MLKEMPrivateKey, XWingPrivateKey, load_private_key_file
from qynauth_pqc.batch import encapsulate_many, generate_many, sign_many
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.x509 import CertificateBuilder
import numpy as np

first: MLDSAPrivateKey = generate_many("ML-DSA-65", 2)[0]
signatures: list[bytes] = sign_many(first, [b"message"])
rows = sign_many(first, np.zeros((2, 4), np.uint8))
assert rows.shape[0] == 2
ciphertexts: list[bytes] = encapsulate_many(MLKEMPrivateKey.generate().public_key, 2)[0]
report = FFIPerformanceMonitor().get_performance_report()
count: int = report["mldsa_sign"]["by_parameter_set"]["ML-DSA-65"]["count"] + report["dilithium_sign"]["count"]
suite = Suite(KEM.MLKEM768, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
suite.decrypt(b"", MLKEMPrivateKey.generate().to_cryptography())
suite.encrypt(b"", XWingPrivateKey.generate().public_key.to_cryptography())
CertificateBuilder().public_key(first.public_key.to_cryptography()).sign(first.to_cryptography(), None)
loaded = load_private_key_file("key")
if isinstance(loaded, MLDSAPrivateKey):
    size: int = loaded.parameter_set.signature_bytes
"""

WRONG = """
from qynauth_pqc import FFIPerformanceMonitor, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.batch import generate_many
MLKEMPrivateKey.generate().public_key.verify(b"", b"")
MLKEMPrivateKey.generate().parameter_set.signature_bytes
MLDSAPrivateKey.generate().save(1)
MLDSAPrivateKey.from_cryptography(MLKEMPrivateKey.generate().to_cryptography())
generate_many("ML-KEM-768", 1)[0].sign(b"")
FFIPerformanceMonitor().get_performance_report()["mldsa_signing"]
"""


def checked(source: str, folder: Path) -> list[tuple[int, str]]:
    """Return what mypy says of a program, by line."""
    program = folder / "program.py"
    program.write_text(source, encoding="utf-8")
    cache = ROOT / "target" / "mypy"  # the options are others than those of the project
    options = ["--strict", "--no-error-summary", "--config-file=", "--ignore-missing-imports", f"--cache-dir={cache}"]
    output, errors, _ = api.run([*options, "--python-version", "3.11", str(program)])
    assert errors == ""
    found = re.findall(r"program\.py:(\d+): (?:error|note): (.*)$", output, re.MULTILINE)
    return [(int(line), text) for line, text in found]


def checked_by_pyright(source: str, folder: Path) -> list[str]:
    """Return what pyright says of a program."""
    pytest.importorskip("pyright", reason="pyright is in the extra lint")
    (folder / "program.py").write_text(source, encoding="utf-8")
    settings = {
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "reportUnusedImport": False,
        "reportUnusedFunction": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return [each["message"] for each in json.loads(done.stdout)["generalDiagnostics"]]


def members(kind: type) -> Iterator[str]:
    """Yield the public attributes of a class that the package defines."""
    own = [each for each in kind.__mro__ if each.__module__.startswith("qynauth_pqc")]
    names = {name for each in own for name in (*vars(each), *vars(each).get("__annotations__", ()))}
    return (name for name in sorted(names) if not name.startswith("_") or name in {"__getitem__", "__iter__"})


def public_names() -> dict[str, str]:
    """Return each public name, and a statement that asks for its type."""
    asked = {}
    for module in MODULES:
        source = importlib.import_module(module)
        for name in source.__all__:
            value, path = getattr(source, name), f"{module}.{name}"
            if value.__class__.__name__ == "_TypedDictMeta" or (
                module != "qynauth_pqc" and name in qynauth_pqc.__all__
            ):
                continue
            asked[path] = f"reveal_type({path})"
            for each in members(value) if inspect.isclass(value) else ():
                number = len(asked)
                asked[f"{path}.{each}"] = f"def _{number}(it: {path}) -> None: reveal_type(it.{each})"
    return asked


def test_no_public_signature_has_any(tmp_path: Path) -> None:
    """Functions, constructors, methods and attributes, as mypy reads them."""
    asked = public_names()
    source = [*(f"import {each}" for each in MODULES), *asked.values()]
    said = dict(checked("\n".join(source), tmp_path))
    types = {path: said.get(number, "nothing") for number, path in enumerate(asked, len(MODULES) + 1)}
    assert len(types) > 250
    assert {path: text for path, text in types.items() if not text.startswith("Revealed type is ")} == {}
    assert {path: text for path, text in types.items() if re.search(r"\bAny\b", UNAVOIDABLE.sub("", text))} == {}


def test_pyright_finds_no_any_either(tmp_path: Path) -> None:
    """Nor a type that it does not know."""
    asked = public_names()
    said = checked_by_pyright("\n".join([*(f"import {each}" for each in MODULES), *asked.values()]), tmp_path)
    types = [text for text in said if text.startswith("Type of ")]
    assert len(types) == len(said) == len(asked)
    assert [text for text in types if re.search(r"\b(Any|Unknown)\b", UNAVOIDABLE.sub("", text))] == []


def test_typed_program_passes_strictly(tmp_path: Path) -> None:
    """Results of batches, reports and keys of `cryptography` are known exactly, to mypy and to pyright."""
    assert checked(CORRECT, tmp_path) == []
    assert checked_by_pyright(CORRECT, tmp_path) == []


@pytest.mark.parametrize("line", WRONG.strip().splitlines()[2:])
def test_wrong_use_is_an_error_to_a_type_checker(line: str, tmp_path: Path) -> None:
    """Each of these would be one at run time too."""
    imports = "\n".join(WRONG.strip().splitlines()[:2])
    found = [text for _, text in checked(f"{imports}\n{line}", tmp_path)]
    assert len(found) >= 1
