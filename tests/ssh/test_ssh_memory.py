"""No private key of OpenSSH outlives its owner in the memory of a process: not as bytes, and not as base64."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import replace
from pathlib import Path

import pytest
from child_memory import Case, child, composite_case
from conftest import COMPOSITE, only_on_cpython
from ssh_fixtures import COMPOSITE as NAME

from qynauth_pqc import CompositePrivateKey
from qynauth_pqc.ssh import SSHPrivateKey
from qynauth_pqc.ssh._armor import _VALUES, dearmor

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc/PID/mem"),
    only_on_cpython("PyPy moves and copies what a bytearray holds"),
]

FILES = """
from qynauth_pqc.ssh import SSHPrivateKey, sign
import tempfile

folder = tempfile.TemporaryDirectory()
path = folder.name + "/id"
with SSHPrivateKey.from_signer(kind.from_private_bytes(private, name)) as key:
    wipe_inputs()
    key.save(path)
with SSHPrivateKey.load(path) as loaded:
    sign(loaded, b"m", namespace="git")
    text = loaded.to_bytes()
    pause()
text.close()
folder.cleanup()
pause()
"""

ERRORS = """
from qynauth_pqc.ssh import SSHPrivateKey

errors = []
with SSHPrivateKey.from_signer(kind.from_private_bytes(private, name)) as key, key.to_bytes() as written:
    wipe_inputs()
    text = bytearray(written)
pause()
for position in (len(text) - 40, len(text) // 2, 200, 60):  # of the padding, the key, the public key and the head
    damaged = bytearray(text)
    damaged[position] ^= 1
    try:
        SSHPrivateKey.from_bytes(damaged)
    except PQCError as error:
        errors.append(error)  # with its traceback, and so with every variable of its frames
    damaged[:] = bytes(len(damaged))
try:
    SSHPrivateKey.from_bytes(text, b"password")
except PQCError as error:
    errors.append(error)
assert len(errors) >= 4, errors
text[:] = bytes(len(text))
pause()
"""


def ssh_case() -> Case:
    """Return a private key, with its base64 in a file, and the numbers of its digits, as secrets too."""
    [sizes] = [each for each in COMPOSITE if each.name == NAME]
    case = composite_case(sizes)
    private = case.inputs[1]
    key = SSHPrivateKey.from_signer(CompositePrivateKey.from_private_bytes(private, NAME))  # type: ignore[arg-type]
    container = dearmor(bytes(key.to_bytes()), "OPENSSH PRIVATE KEY")
    start = -(-container.index(private) // 3) * 3
    text = b2a_base64(container[start : start + 60], newline=False)
    return replace(case, secrets=case.secrets | {"base64": text, "digits": text.translate(_VALUES)})


def test_released_keys_are_gone() -> None:
    """A key is made, written, read and used; it and its text are gone."""
    with child(ssh_case(), FILES) as process:
        assert process.found() - {"K"} == {"xi", "classical", "base64"}
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()


def test_refused_keys_are_gone() -> None:
    """They are gone even while the errors and their tracebacks are kept."""
    with child(ssh_case(), ERRORS) as process:
        assert "base64" in process.found()
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()
