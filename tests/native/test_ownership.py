"""Every object that Python code can reach is alive: under the cyclic collector, in abandoned generators, and at exit.

The cases of a last use run in one process, which would crash or read what was wiped; the output of the owners shows
which one it was. In each, an owner of memory of the C interface is older than the code that uses it last, and both are
garbage together. The binding in C and the one on cffi alone have the same cases.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest
from conftest import BINDINGS, IS_PYPY, only_on_cpython

from qynauth_pqc._keys.parameter_sets import OFFERED

SETTING = """
import asyncio, contextlib, gc, os, sys
from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, MLKEMPrivateKey, MLKEMPublicKey, XWingPrivateKey
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.batch import decapsulate_many
from qynauth_pqc.native import buffer_of

SEED = bytes(range(64))
KEM, DSA = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512"), MLDSAPrivateKey.from_seed(SEED[:32], "ML-DSA-44")
LOCKED = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512", locked_memory=True)
PUBLIC, DSA_PUBLIC = KEM.public_key.public_bytes(), DSA.public_key.public_bytes()
CIPHERTEXT, SENT = KEM.public_key.encapsulate()
SENT, MU = bytes(SENT), DSA.public_key.mu_hasher().finalize()
LOCKED.public_key
COMPOSITE = "MLDSA44-Ed25519-SHA512"
BOTH = CompositePrivateKey.from_private_bytes(SEED, COMPOSITE).public_key.public_bytes()

def settle():
    for _ in range(8 if sys.implementation.name == "pypy" else 1):
        gc.collect()

def alive():
    now = snapshot()
    return now.live_handles, now.live_buffers

class User:
    def __init__(self, thing):
        self.thing, self.me, self.use = thing, self.__del__, use

    def __del__(self):
        self.use(self.thing)
"""

# The code of one owner. It writes its history: "begin", "used" or "wrong" for each use, and "freed" or "kept".
CASE = """
def make():
    return {make}

def use(thing, SEED=SEED, PUBLIC=PUBLIC, DSA_PUBLIC=DSA_PUBLIC, SENT=SENT, MU=MU, BOTH=BOTH, write=os.write):
    write(1, b"used {owner}\\n" if {use} else b"wrong {owner}\\n")

settle()
start = alive()
os.write(1, b"begin {owner}\\n")
{use_last}
settle()
os.write(1, b"freed {owner}\\n" if alive() == start else b"kept {owner}\\n")
"""

# Code that makes each kind of owner, and a condition that holds as long as its memory is alive.
OWNERS = {
    "private key of ML-KEM": ("MLKEMPrivateKey.from_seed(SEED, 'ML-KEM-512')", "bytes(thing.seed()) == SEED"),
    "private key of ML-DSA": ("MLDSAPrivateKey.from_seed(SEED[:32], 'ML-DSA-44')", "bytes(thing.seed()) == SEED[:32]"),
    "private key of X-Wing": ("XWingPrivateKey.from_seed(SEED[:32])", "bytes(thing.seed()) == SEED[:32]"),
    "private key of a composite": (
        "CompositePrivateKey.from_private_bytes(SEED, COMPOSITE)",
        "bytes(thing.private_bytes()) == SEED",
    ),
    "private key of a batch": (
        "MLKEMPrivateKey.generate_many('ML-KEM-512', 2)[1]",
        "len(thing.private_bytes()) == 1632",
    ),
    "public key of ML-KEM": ("MLKEMPublicKey.from_public_bytes(PUBLIC)", "thing.public_bytes() == PUBLIC"),
    "public key of ML-DSA": (
        "MLDSAPrivateKey.from_seed(SEED[:32], 'ML-DSA-44').public_key",
        "thing.public_bytes() == DSA_PUBLIC",
    ),
    "public key of a composite": (
        "CompositePrivateKey.from_private_bytes(SEED, COMPOSITE).public_key",
        "thing.public_bytes() == BOTH",
    ),
    "SecretBytes": ("KEM.seed()", "bytes(thing) == SEED"),
    "view": ("KEM.seed().view()", "bytes(thing) == SEED"),
    "slice of a view": ("KEM.seed().view()[8:16]", "bytes(thing) == SEED[8:16]"),
    "exported buffer": ("memoryview(buffer_of(KEM.seed()))", "bytes(thing) == SEED"),
    "SharedSecret": ("KEM.decapsulate(CIPHERTEXT)", "bytes(thing) == SENT"),
    "SharedSecrets": ("decapsulate_many(KEM, [CIPHERTEXT] * 2)", "[bytes(each) for each in thing] == [SENT] * 2"),
    "item of SharedSecrets": ("decapsulate_many(KEM, [CIPHERTEXT] * 2)[1]", "bytes(thing) == SENT"),
    "view of an item": ("decapsulate_many(KEM, [CIPHERTEXT] * 2)[1].view()", "bytes(thing) == SENT"),
    "hasher": ("DSA.public_key.mu_hasher()", "thing.finalize() == MU"),
    "copy of a hasher": ("DSA.public_key.mu_hasher().copy()", "thing.finalize() == MU"),
    "locked private key": (
        "MLKEMPrivateKey.from_seed(SEED, 'ML-KEM-512', locked_memory=True)",
        "bytes(thing.seed()) == SEED",
    ),
    "locked SecretBytes": ("LOCKED.seed()", "bytes(thing) == SEED"),
    "locked view": ("LOCKED.seed().view()", "bytes(thing) == SEED"),
    "locked SharedSecrets": ("decapsulate_many(LOCKED, [CIPHERTEXT])", "bytes(thing[0]) == SENT"),
}
if "X-Wing" not in OFFERED:
    del OWNERS["private key of X-Wing"]

DELETED = """
user = User(make())
del user
"""

SHORT_LIVED = """
if sys.implementation.name != "pypy":
    gc.set_threshold(100, 5, 5)  # the whole heap is collected several times
for _ in range(COUNT):
    User(make())
"""

GENERATOR = """
def suspended(thing):
    me = yield
    try:
        yield
    finally:
        use(thing)

generator = suspended(make())
next(generator)
generator.send(generator)
del generator
"""

CONTEXT_MANAGER = """
@contextlib.contextmanager
def lent(thing):
    try:
        yield thing
    finally:
        use(thing)

def fail():
    manager = lent(make())
    manager.__enter__()
    try:
        raise KeyError
    except KeyError as error:
        keep = error

fail()
"""

TASK = """
async def work(thing):
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        use(thing)

async def abandon():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    task = asyncio.ensure_future(work(make()))
    await asyncio.sleep(0)
    del task
    settle()

asyncio.run(abandon())
"""

AT_EXIT = """
gc.disable()
settle = bool
user = User(make())
"""

LAST_USES = {
    "__del__": DELETED,
    "generator": GENERATOR,
    "context manager": CONTEXT_MANAGER,
    "task": TASK,
    "exit": AT_EXIT,
    "many": SHORT_LIVED,
}
NOT_ON_PYPY = {
    "task": only_on_cpython("PyPy does not end a coroutine that it collects"),
    "exit": only_on_cpython("PyPy runs no finaliser at the exit"),
}
MANY = 4_000


@cache
def run(binding: str, last_use: str) -> tuple[Counter[str], int, str]:
    """Return the output of all owners, and how their process ended."""
    skips = IS_PYPY and last_use == "many"
    cases = [
        CASE.format(owner=owner, make=make, use=use, use_last=LAST_USES[last_use].replace("COUNT", str(MANY)))
        for owner, (make, use) in OWNERS.items()
        if not (skips and "locked" in owner)
    ]
    command, environment = [sys.executable, "-c", "".join([SETTING, *cases])], {**os.environ, **BINDINGS[binding]}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return Counter(ended.stdout.splitlines()), ended.returncode, ended.stderr


EVERY_LAST_USE = pytest.mark.parametrize(
    "last_use", [pytest.param(name, marks=NOT_ON_PYPY.get(name, ())) for name in LAST_USES]
)
EVERY_BINDING = pytest.mark.parametrize("binding", BINDINGS)


@pytest.mark.parametrize("owner", OWNERS)
@EVERY_LAST_USE
@EVERY_BINDING
def test_what_is_still_reached_is_alive(binding: str, last_use: str, owner: str) -> None:
    """It has its value when it is used last, and nothing is left over."""
    if IS_PYPY and last_use == "many" and "locked" in owner:
        pytest.skip("PyPy collects later than the limit of locked memory allows")
    written, _, errors = run(binding, last_use)
    found = {what: written[f"{what} {owner}"] for what in ("begin", "used", "wrong", "freed")}
    uses = MANY if last_use == "many" else 1
    assert found == {"begin": 1, "used": uses, "wrong": 0, "freed": int(last_use != "exit")}, errors


@EVERY_LAST_USE
@EVERY_BINDING
def test_nothing_crashes(binding: str, last_use: str) -> None:
    """Python prints nothing either."""
    _, status, errors = run(binding, last_use)
    assert (status, errors) == (0, "")
