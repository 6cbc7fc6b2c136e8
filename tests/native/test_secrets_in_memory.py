"""No secret outlives its owner in the memory of a Python process.

A child process reads its secrets from a pipe, uses them, frees them and waits; this process, which knows what
to look for, then reads all of the child's writable memory. The child's stack is counted separately.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import shake_256
from pathlib import Path

import pytest
from child_memory import Case, child, composite_case
from conftest import COMPOSITE, MLDSA, MLKEM, Sizes

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, derandomized

pytestmark = pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc/PID/mem")

CLOSE = """
secrets = []
with kind.from_seed(seed, name) as key, kind.from_private_bytes(private) as loaded:
    secrets += use(key) + use(loaded)
    views = [secret.view() for secret in secrets]
    wipe_inputs()
    pause()
for secret in secrets:
    secret.close()
pause()
"""

LOCKED = CLOSE.replace("name)", "name, locked_memory=True)").replace("(private)", "(private, locked_memory=True)")

COLLECT = """
key, loaded = kind.from_seed(seed, name), kind.from_private_bytes(private)
cycle = [key, loaded, use(key), use(loaded)]
cycle += [secret.view() for secret in cycle[2]]
cycle.append(cycle)
wipe_inputs()
pause()
del key, loaded, cycle
gc.collect()
pause()
"""

COSE = """
with kind.from_seed(seed, name) as key, key.to_cose_key() as encoded:
    wipe_inputs()
    pause()
pause()
"""

COLLECTED_COSE = """
key = kind.from_seed(seed, name)
cycle = [key, key.to_cose_key()]
cycle += [cycle, cycle[1].view()]
wipe_inputs()
pause()
del key, cycle
gc.collect()
pause()
"""

FILE = """
from qynauth_pqc import load_private_key

with kind.from_seed(seed, name, locked_memory=True) as key, key.to_pkcs8(form="both", password=b"p") as file:
    encrypted = bytes(file)
wipe_inputs()
with load_private_key(encrypted, b"p", locked_memory=True):
    pause()
pause()
"""

ERRORS = """
errors = []

def fail(function, *arguments):
    try:
        function(*arguments)
    except (PQCError, TypeError) as error:
        errors.append(error)  # with its traceback, and so with every variable of its frames

pause()
key = kind.from_seed(seed, name)
secret = key.private_bytes()
fail(kind.from_seed, memoryview(seed)[1:], name)
fail(kind.from_private_bytes, memoryview(private)[1:])
fail(kind.from_private_bytes, memoryview(private)[::-1])
fail(kind.from_private_bytes, memoryview(private)[1:], name)
private[65 if kind is MLDSAPrivateKey else -33] ^= 1  # part of a hash
fail(kind.from_private_bytes, private)
fail(hash, secret)
with kind.from_private_bytes(secret) as loaded:
    fail(loaded.seed)
key.close()
secret.close()
fail(key.private_bytes)
fail(bytes, secret)
assert len(errors) == 9, errors
wipe_inputs()
pause()
"""

COMPOSITE_CLOSE = """
with kind.from_private_bytes(private, name) as key, key.to_pkcs8("DER") as encoded, load_private_key(encoded) as loaded:
    secrets = [each.private_bytes() for each in (key, loaded)]
    views = [secret.view() for secret in secrets]
    for each in (key, loaded):
        each.public_key.verify(b"m", each.sign(b"m"))
        sign_many(each, [b"m"] * 2)
    wipe_inputs()
    pause()
for secret in secrets:
    secret.close()
pause()
"""

COMPOSITE_LOCKED = """
with kind.from_private_bytes(private, name, locked_memory=True) as key, key.private_bytes() as copy:
    wipe_inputs()
    key.public_key.verify(b"m", key.sign(b"m"))
    pause()
pause()
"""

COMPOSITE_ERRORS = """
errors = []

def fail(function, *arguments):
    try:
        function(*arguments)
    except (PQCError, TypeError) as error:
        errors.append(error)  # with its traceback, and so with every variable of its frames

pause()
with kind.from_private_bytes(private, name) as key:
    fail(key.seed)
    secret = key.private_bytes()
fail(key.private_bytes)
fail(kind.from_private_bytes, memoryview(private)[1:], name)
fail(kind.from_private_bytes, memoryview(private)[::-1], name)
fail(kind.from_private_bytes, private)
fail(kind.from_private_bytes, private, "ML-DSA-44")
fail(load_private_key, private)
secret.close()
if "ECDSA" in name:
    private[32] ^= 1  # the tag of the ECPrivateKey
    fail(kind.from_private_bytes, private, name)
assert len(errors) == 7 + ("ECDSA" in name), errors
wipe_inputs()
pause()
"""

COPY = """
copy = bytes(seed)
wipe_inputs()
pause()
"""


def mlkem_case(sizes: Sizes) -> Case:
    """Return a seed, a private key and a ciphertext; d, z, dk_PKE encoded and decoded, and the shared secret."""
    seed = shake_256(sizes.name.encode()).digest(64)
    key = MLKEMPrivateKey.from_seed(seed, sizes.name)
    private = bytes(key.private_bytes())
    ciphertext, secret = derandomized.encapsulate_with(key.public_key, bytes(32))
    packed = private[: sizes.public_key - 32]
    pairs = (int.from_bytes(packed[at : at + 3], "little") for at in range(0, len(packed), 3))
    decoded = b"".join((pair & 0xFFF | pair >> 12 << 16).to_bytes(4, "little") for pair in pairs)
    secrets = {"d": seed[:32], "z": seed[32:], "dk_PKE": packed, "s": decoded, "shared secret": bytes(secret)}
    return Case(sizes.name, (seed, private, ciphertext), secrets)


def mldsa_case(sizes: Sizes) -> Case:
    """Return a seed and a private key; xi, K, and s1, s2 and t0 as encoded."""
    seed = shake_256(sizes.name.encode()).digest(32)
    private = bytes(MLDSAPrivateKey.from_seed(seed, sizes.name).private_bytes())
    return Case(sizes.name, (seed, private, b""), {"xi": seed, "K": private[32:64], "s1, s2, t0": private[128:]})


CASES = [pytest.param((mlkem_case, sizes), id=sizes.name) for sizes in MLKEM]
CASES += [pytest.param((mldsa_case, sizes), id=sizes.name) for sizes in MLDSA]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Return the case of each parameter set."""
    make: Callable[[Sizes], Case]
    make, sizes = request.param
    return make(sizes)


def test_scan_finds_a_copy_in_bytes(case: Case) -> None:
    """Otherwise the other tests would pass blindly."""
    with child(case, COPY) as process:
        assert process.found() & {"d", "z", "xi"}


@pytest.mark.parametrize("code", [CLOSE, LOCKED, COLLECT], ids=["close", "close, locked", "collect"])
def test_used_and_released_secrets_are_gone(case: Case, code: str) -> None:
    """Keys and all their results are gone, after `close()` or garbage collection."""
    # Keys hold the secret vector of ML-KEM as it is encoded, and in an order of the engine's own.
    held = set(case.secrets) - {"s"}
    with child(case, code) as process:
        assert process.found() == held
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()


@pytest.mark.parametrize("code", [COSE, COLLECTED_COSE], ids=["close", "collect"])
@pytest.mark.parametrize("sizes", MLDSA, ids=lambda sizes: sizes.name)
def test_written_cose_key_is_gone_when_it_is_released(sizes: Sizes, code: str) -> None:
    """The encoder of its other members never sees the seed."""
    with child(mldsa_case(sizes), code) as process:
        assert "xi" in process.found()
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()


@pytest.mark.parametrize("case", CASES[::3], indirect=True)
def test_key_of_an_encrypted_file_is_in_locked_memory_only(case: Case) -> None:
    """It is there during its use, and nowhere afterwards. wiping.rs tests that no other copy existed in between."""
    with child(case, FILE) as process:
        assert process.found(locked=False) == set()
        assert process.found() & {"d", "z", "xi"}
        process.go_on()
        assert process.found() == set()


def test_refused_secrets_are_gone(case: Case) -> None:
    """They are gone even while the errors and their tracebacks are kept."""
    with child(case, ERRORS) as process:
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()


@pytest.mark.parametrize("code", [COMPOSITE_CLOSE, COMPOSITE_LOCKED], ids=["close", "close, locked"])
@pytest.mark.parametrize("sizes", COMPOSITE, ids=lambda sizes: sizes.name)
def test_used_and_released_composites_are_gone(sizes: Sizes, code: str) -> None:
    """Both halves and their intermediate values are gone; with the option, they are in locked memory only."""
    with child(composite_case(sizes), code) as process:
        assert process.found() - {"K"} == {"xi", "classical"}
        if code is COMPOSITE_LOCKED:
            assert process.found(locked=False) == set()
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()


@pytest.mark.parametrize("sizes", COMPOSITE, ids=lambda sizes: sizes.name)
def test_refused_composites_are_gone(sizes: Sizes) -> None:
    """They are gone even while the errors and their tracebacks are kept."""
    with child(composite_case(sizes), COMPOSITE_ERRORS) as process:
        process.go_on()
        assert process.found() == set()
        assert process.found(stack=True) == set()
