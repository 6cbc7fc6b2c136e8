"""What the tests of `sign` and `verify` share: signers of an installed package, and files longer than the memory."""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
from pathlib import Path

import pytest
from certificates import self_signed
from command_line import COMMAND, call, keygen
from conftest import IS_PYPY
from cryptography.hazmat.primitives.serialization import Encoding
from elsewhere import Elsewhere

from qynauth_pqc import MLDSAPrivateKey

COMPOSITE = "MLDSA44-Ed25519-SHA512"
MEMORY = 1 << (28 if IS_PYPY else 27)  # PyPy collects late; a file is longer than this in any case
"""The memory that a command may allocate."""
SMALL = {**os.environ, "PYPY_GC_NURSERY": "1M"}  # PyPy begins with as much memory as the cache of the processor has
OFFERS_SIGNERS = {
    "shire_signers.py": """\
from elsewhere import Elsewhere, MuElsewhere

made = {}


def open_signer(text):
    kind = MuElsewhere if text.startswith("ML-DSA") else Elsewhere
    return made.setdefault(text, kind(text))
""",
    "shire-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: shire\nVersion: 1\n",
    "shire-1.dist-info/entry_points.txt": "[qynauth_pqc.signers]\nfar = shire_signers:open_signer\n",
}
"""A package that offers signers."""


@pytest.fixture
def signers(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> dict[str, Elsewhere]:
    """Return the signers that an installed package has made, by the text that requested each."""
    package = tmp_path_factory.mktemp("installed")
    (package / "shire-1.dist-info").mkdir()
    for name, text in OFFERS_SIGNERS.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(package)
    made: dict[str, Elsewhere] = importlib.import_module("shire_signers").made
    made.clear()
    return made


def little_memory() -> None:
    """Limit the memory of this process."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def check_large_file_is_signed(name: str, options: tuple[str, ...], size: int) -> None:
    """Check that a file is signed and verified in little memory."""
    keygen(name)
    with Path("large").open("wb") as file:
        file.truncate(size)
    for command, key in (("sign", "key.private"), ("verify", "key.public")):
        arguments = [str(COMMAND), command, "large", "--key", key, *options]
        done = subprocess.run(arguments, capture_output=True, check=False, preexec_fn=little_memory, env=SMALL)
        assert (done.returncode, done.stderr) == (0, b"")


def check_signature_of_another_key_is_not_written(signers: dict[str, Elsewhere], *options: str) -> None:
    """Check that nothing is written if a signer signs with another key than its public key."""
    signers[COMPOSITE] = Elsewhere(COMPOSITE)
    signers[COMPOSITE].public_key = Elsewhere(COMPOSITE).public_key
    result = call("sign", "--signer", f"far:{COMPOSITE}", *options, "message")
    assert (result.exit_code, [*Path().glob("message.*")]) == (2, [])


def check_usage_is_refused(arguments: list[str], said: str) -> None:
    """Check that wrong usage leads to exit code 2 and a text, and that nothing is written."""
    keygen("ML-DSA-44")
    Path("other.crt").write_bytes(self_signed(MLDSAPrivateKey.generate("ML-DSA-44")).public_bytes(Encoding.PEM))
    result = call(*arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert not [*Path().glob("message.*")]
