"""Bouncy Castle and this library read each other's CMS: composites, every digest, and content without attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bouncycastle import run_java
from cms_fixtures import CONTENT
from conftest import private_class

from qynauth_pqc.cms import CMSSigner, sign, verify
from qynauth_pqc.cms._algorithms import DIGESTS, PROTECTIONS

pytestmark = pytest.mark.slow

NAMES = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-128f"]
NAMES += ["MLDSA44-ECDSA-P256-SHA256", "MLDSA65-Ed25519-SHA512"]
PROGRAM = Path(__file__).parent / "BouncyCastleCMS.java"


class Done(NamedTuple):
    """The answers of Bouncy Castle to each job, and the folder with its messages."""

    folder: Path
    answers: dict[str, str]


def jobs_for(name: Any, folder: Path) -> list[str]:
    """Write a key and messages for it into files, and return the jobs for Bouncy Castle."""
    key = private_class(name).generate(name)
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    private.write_bytes(key.to_pkcs8("DER").view())
    public.write_bytes(key.public_key.to_spki("DER"))
    found = []
    digests = PROTECTIONS[key.parameter_set]
    for digest in digests if name == "ML-DSA-44" else [next(iter(digests))]:
        messages = {"-": sign(CONTENT, CMSSigner(key, digest=digest))}
        messages["content"] = sign(CONTENT, CMSSigner(key, digest=digest), detached=True)
        for content, kind in {"-": "attached", "content": "detached"}.items():
            (folder / f"{name}-{digest}-{kind}").write_bytes(messages[content])
            found.append(f"verify {name}-{digest}-{kind} {content} {public.name}")
            how = f"{kind} {private.name} {name} {DIGESTS[digest]}"
            found.append(f"sign {name}-{digest}-{kind}.theirs content {how}")
    counter = f"{private.name} {name} {DIGESTS[next(iter(digests))]}"
    (folder / f"{name}-counter").write_bytes(sign(CONTENT, CMSSigner(key)))
    found.append(f"countersign {name}-counter {counter}")
    (folder / f"{name}-bare").write_bytes(sign(CONTENT, CMSSigner(key), signed_attributes=False))
    found.append(f"verify {name}-bare - {public.name}")
    return found


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Let Bouncy Castle do all jobs, in one process."""
    folder = tmp_path_factory.mktemp("bouncycastle")
    (folder / "content").write_bytes(CONTENT)
    jobs = [job for name in NAMES for job in jobs_for(name, folder)]
    return Done(folder, run_java(PROGRAM, folder, jobs))


def test_bouncy_castle_verifies_what_we_sign(done: Done) -> None:
    """Messages are attached, detached and without signed attributes."""
    assert {job: answer for job, answer in done.answers.items() if answer != "ok"} == {}
    assert sum(job.startswith("verify") for job in done.answers) == 3 * len(NAMES) + 2 * 7


def test_we_verify_what_bouncy_castle_signs(done: Done) -> None:
    """It writes BER, with the names of the algorithms among its signed attributes."""
    made = [path for path in done.folder.iterdir() if path.suffix == ".theirs"]
    assert len(made) == 2 * len(NAMES) + 2 * 7
    assert {path.read_bytes()[:2] for path in made if "attached" in path.name} == {b"\x30\x80"}
    for path in made:
        name = next(each for each in NAMES if path.name.startswith(each))
        key = private_class(name).load(done.folder / f"{name}.key").public_key
        content = CONTENT if "detached" in path.name else None
        assert verify(path.read_bytes(), content, signers=key).content == (None if content else CONTENT)


def test_we_verify_what_bouncy_castle_countersigned(done: Done) -> None:
    """The countersignature is an unsigned attribute, which is named."""
    for name in NAMES:
        key = private_class(name).load(done.folder / f"{name}.key").public_key
        [signer] = verify((done.folder / f"{name}-counter").read_bytes(), signers=key).signers
        assert (signer.public_key, signer.unsigned_attributes) == (key, ("1.2.840.113549.1.9.6",))
