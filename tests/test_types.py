"""Mypy and pyright, in their strict modes, accept the pages and the public interface, and reject wrong programs.

Each runs once, over all programs.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from conftest import ROOT
from pages import TEXTS, lacks_package, write_files, write_program
from public_modules import PUBLIC_MODULES

import qynauth_pqc

Findings: TypeAlias = dict[str, list[tuple[int, str]]]
"""The lines and texts that a type checker reports, by file."""

OTHERS = {"README.md", "docs/auth.md", "docs/jose.md", "docs/keyring.md", "docs/migration.md"}
PAGES = [name for name in TEXTS if (name.startswith("docs/recipes/") or name in OTHERS) and not lacks_package(name)]

# Packages with incomplete annotations, and pages that use them. This project cannot repair their unknown types.
INCOMPLETE = {"docs/recipes/webauthn.md": "fido2"}
LENIENT = "\n# pyright: reportUnknownMemberType=false\n"

# Their signatures are from a base class of another library, or have classes of pyarrow, which has no types.
LEFT_OUT = {"qynauth_pqc.integrations.distributed", "qynauth_pqc.integrations.joserfc"}
MODULES = ["qynauth_pqc", *(name for name in PUBLIC_MODULES if name not in LEFT_OUT)]
# Parts of types that no annotation can avoid: the types that a coroutine yields and receives, and array shapes.
UNAVOIDABLE = re.compile(r"Coroutine(Type)?\[Any, Any, |tuple\[Any, \.\.\.\]")

CORRECT = """
from qynauth_pqc import FFIPerformanceMonitor, MLDSAPrivateKey, MLKEMPrivateKey, XWingPrivateKey, load_private_key_file
from qynauth_pqc import CompositePrivateKey, CompositePublicKey, MLDSAParameterSet
from qynauth_pqc import SignaturePrivateKey, XWingParameterSet
from qynauth_pqc.batch import encapsulate_many, sign_many, verify_many
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.x509 import CertificateBuilder
from qynauth_pqc.integrations import aio
import numpy as np

first: MLDSAPrivateKey = MLDSAPrivateKey.generate_many("ML-DSA-65", 2)[0]
signatures: list[bytes] = sign_many(first, [b"message"])
rows = sign_many(first, np.zeros((2, 4), np.uint8))
assert rows.shape[0] == 2
ciphertexts: list[bytes] = encapsulate_many(MLKEMPrivateKey.generate().public_key, 2)[0]
report = FFIPerformanceMonitor().get_performance_report()
count: int = report["sign"]["by_algorithm"]["ML-DSA-65"]["count"] + report["dilithium_sign"]["count"]
suite = Suite(KEM.MLKEM768, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
suite.decrypt(b"", MLKEMPrivateKey.generate().to_cryptography())
suite.encrypt(b"", XWingPrivateKey.generate().public_key.to_cryptography())
CertificateBuilder().public_key(first.public_key.to_cryptography()).sign(first.to_cryptography(), None)
loaded = load_private_key_file("key")
own: MLDSAPrivateKey = MLDSAPrivateKey.load("key", b"password")
other: CompositePublicKey = CompositePublicKey.load("key")
some: SignaturePrivateKey = own
chosen = XWingParameterSet("X-Wing")
XWingPrivateKey.generate(chosen)
MLDSAPrivateKey.generate(MLDSAParameterSet("ML-DSA-44"))
composite: CompositePrivateKey = CompositePrivateKey.generate_many("MLDSA65-Ed25519-SHA512", 2)[0]
public: CompositePublicKey = composite.public_key
longest: int = composite.parameter_set.signature_bytes
both: list[bytes] = sign_many([first, composite], [b"message"] * 2)
valid: list[bool] = verify_many([first.public_key, public], [b"message"] * 2, both)
encoded = [first.public_key.public_bytes(), public.public_bytes()]
names = [first.parameter_set, public.parameter_set]
all_valid: bool = verify_many(encoded, [b"message"] * 2, both, parameter_set=names).all_valid
carried = encapsulate_many(np.zeros((2, 800), np.uint8), parameter_set="ML-KEM-512")[0].shape[0]
async def made() -> list[MLKEMPrivateKey]:
    return await aio.generate_many(MLKEMPrivateKey, "ML-KEM-768", 2, threads=1)
if isinstance(loaded, CompositePrivateKey):
    signature: bytes = loaded.sign(b"message", context=b"context", deterministic=True)
if isinstance(loaded, MLDSAPrivateKey):
    size: int = loaded.parameter_set.signature_bytes
"""

# After its imports, each line is an error, and would be one at run time too.
WRONG = """
# pyright: reportUnusedExpression=false
from qynauth_pqc import CompositePrivateKey, FFIPerformanceMonitor, KyberKeyPair, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.batch import encapsulate_many, verify_many
import numpy as np
MLDSAPrivateKey.generate("ML-DSA-66")
MLKEMPrivateKey.generate_many("ML-DSA-65", 1)
MLDSAPrivateKey.from_seed(bytes(32), "ML-KEM-768")
MLDSAPrivateKey.from_private_bytes(bytes(32), "ML-KEM-768")
MLDSAPrivateKey.generate().public_key.from_public_bytes(b"", "ML-DSA-45")
CompositePrivateKey.generate("ML-DSA-65")
KyberKeyPair(parameter_set="ML-DSA-65")
MLDSAPrivateKey.generate("ML-DSA-65").sign("text")
MLKEMPrivateKey.generate().public_key.verify(b"", b"")
MLKEMPrivateKey.generate().parameter_set.signature_bytes
MLDSAPrivateKey.generate().save(1)
MLDSAPrivateKey.from_cryptography(MLKEMPrivateKey.generate().to_cryptography())
MLKEMPrivateKey.generate_many("ML-KEM-768", 1)[0].sign(b"")
CompositePrivateKey.generate_many("MLDSA65-Ed25519-SHA512", 1)[0].sign_mu(b"")
CompositePrivateKey.from_seed(bytes(32), "MLDSA65-Ed25519-SHA512")
encapsulate_many(np.zeros((2, 800), np.uint8))
encapsulate_many([bytes(800)] * 2)
verify_many(b"", [b""], [b""], parameter_set=65)
CompositePrivateKey.generate().sign(b"", prehash="SHA-512")
CompositePrivateKey.generate().public_key.verify_mu(b"", b"")
FFIPerformanceMonitor().get_performance_report()["signing"]
"""


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


def interface() -> tuple[str, dict[int, str]]:
    """Return a program that asks for the type of each public name, and the names by line."""
    asked = public_names()
    lines = ["# pyright: reportUnusedFunction=false, reportUnusedImport=false", *(f"import {each}" for each in MODULES)]
    return "\n".join([*lines, *asked.values()]), dict(enumerate(asked, len(lines) + 1))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the program and the files of each page, and the programs of this module."""
    folder = tmp_path_factory.mktemp("programs")
    for name in PAGES:
        write_files(name, folder)
        with write_program(name, folder).open("a", encoding="utf-8") as file:
            file.write(LENIENT if name in INCOMPLETE else "\n")
    for name, text in {"correct": CORRECT, "wrong": WRONG, "interface": interface()[0]}.items():
        with (folder / f"{name}.py").open("x", encoding="utf-8") as file:
            file.write(text)
    return folder


def run(folder: Path, *arguments: str) -> str:
    """Run a module of this Python in a folder, where it finds the package, and return its output."""
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    result = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert result.stderr == ""
    return result.stdout


def mypy(folder: Path) -> Findings:
    """Return the findings of mypy."""
    pytest.importorskip("mypy", reason="mypy is not installed: pip install '.[lint]'")
    cache = ROOT / "target" / "mypy"  # the options differ from the project's
    options = ["--strict", "--config-file=", "--follow-imports=silent", "--python-version=3.11", f"--cache-dir={cache}"]
    findings: Findings = defaultdict(list)
    for file, line, text in re.findall(r"^(.*?):(\d+): \w+: (.*)$", run(folder, "mypy", *options, "."), re.MULTILINE):
        findings[file].append((int(line), text))
    return findings


def pyright(folder: Path) -> Findings:
    """Return the findings of pyright; an unknown or unannotated type is an error."""
    pytest.importorskip("pyright", reason="pyright is not installed: pip install '.[nightly]'")
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    output = run(folder, "pyright", "--outputjson", "--pythonpath", sys.executable)
    findings: Findings = defaultdict(list)
    for each in json.loads(output)["generalDiagnostics"]:
        findings[Path(each["file"]).name].append((each["range"]["start"]["line"] + 1, each["message"]))
    return findings


@pytest.fixture(
    scope="module",
    params=[pytest.param(mypy, id="mypy"), pytest.param(pyright, id="pyright", marks=pytest.mark.nightly)],
)
def findings(request: pytest.FixtureRequest, programs: Path) -> Findings:
    """Return the findings of a type checker in all programs."""
    found: Findings = request.param(programs)
    return found


def test_pages_switch_no_check_off() -> None:
    """A reader would copy the comment."""
    assert [name for name in PAGES if "type: ignore" in TEXTS[name] or "pyright:" in TEXTS[name]] == []


def test_type_checker_accepts_the_pages_and_a_typed_program(findings: Findings) -> None:
    """Results of batches, reports and keys of `cryptography` are known exactly."""
    assert {file: found for file, found in findings.items() if file not in {"wrong.py", "interface.py"}} == {}


def test_no_public_signature_has_any(findings: Findings) -> None:
    """No function, constructor, method or attribute has Any, an unknown or a private type."""
    said, asked = findings["interface.py"], interface()[1]
    types = {asked[line]: text for line, text in said}
    assert len(said) == len(types) == len(asked) > 250
    assert {path: text for path, text in types.items() if not re.match(r"(Revealed type is|Type of) ", text)} == {}
    unknown = re.compile(r"\b(Any|Unknown|_(?!SpecialForm)[A-Z][a-z]\w*)\b")
    assert {path: text for path, text in types.items() if unknown.search(UNAVOIDABLE.sub("", text))} == {}


def test_wrong_use_is_an_error_to_a_type_checker(findings: Findings) -> None:
    """Each line after the imports is an error."""
    lines = [number for number, line in enumerate(WRONG.splitlines(), 1) if line[:1].isalpha() and "import" not in line]
    assert sorted({line for line, _ in findings["wrong.py"]}) == lines
