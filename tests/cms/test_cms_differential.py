"""A message in BER that is accepted has the same content and signer in OpenSSL and in Bouncy Castle."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from bouncycastle import run_java
from cms_ber import in_ber
from cms_fixtures import ANYBODY, CONTENT, KEY, NOW
from cms_readers import CERTIFIED, ROOT
from cryptography.hazmat.primitives.serialization import Encoding
from openssl import openssl
from programs import run

from qynauth_pqc import PQCError
from qynauth_pqc.cms import TrustAnchors, verify

pytestmark = pytest.mark.slow

COUNT, DAMAGE = 160, 0.01
PROGRAM = Path(__file__).parent / "BouncyCastleCMS.java"


class Answers(NamedTuple):
    """The contents of the messages that each accepted, by the numbers of the messages."""

    ours: dict[int, bytes | None]
    openssl: dict[int, bytes | None]
    bouncy_castle: dict[int, bytes | None]


def by_openssl(folder: Path, number: int) -> bytes | None:
    """Return the content if OpenSSL accepts the signer below the root."""
    out = folder / f"{number}.openssl"
    options: list[str | Path] = ["-inform", "DER", "-in", folder / str(number), "-CAfile", folder / "root", "-out", out]
    done = run(openssl(), "cms", "-verify", "-binary", "-no_check_time", "-purpose", "any", *options)
    return out.read_bytes() if done.code == 0 else None


def by_us(encoded: bytes) -> bytes | None:
    """Return the content if we accept the signer below the root."""
    try:
        return verify(encoded, signers=TrustAnchors([ROOT]), when=NOW, **ANYBODY).content
    except PQCError:
        return None


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Let all three verify the same messages: the first half is valid BER, the second half has damage."""
    folder = tmp_path_factory.mktemp("differential")
    (folder / "root").write_bytes(ROOT.public_bytes(Encoding.PEM))
    (folder / "key").write_bytes(KEY.public_key.to_spki("DER"))
    messages = [in_ber(CERTIFIED, each, DAMAGE * (each >= COUNT // 2)) for each in range(COUNT)]
    for number, encoded in enumerate(messages):
        (folder / str(number)).write_bytes(encoded)
    jobs = [f"verify {number} - key" for number in range(COUNT)]
    done = run_java(PROGRAM, folder, jobs)
    theirs = {
        number: (folder / f"{number}.content").read_bytes() if done[job] == "ok" else None
        for number, job in enumerate(jobs)
    }
    return Answers(
        dict(enumerate(map(by_us, messages))), {each: by_openssl(folder, each) for each in range(COUNT)}, theirs
    )


def test_what_we_accept_is_the_same_message_elsewhere(answers: Answers) -> None:
    """Both accept all of it."""
    accepted = {number: content for number, content in answers.ours.items() if content is not None}
    assert {*accepted.values()} == {CONTENT}
    assert {number: answers.bouncy_castle[number] for number in accepted} == accepted
    assert {number: answers.openssl[number] for number in accepted} == accepted


def test_valid_forms_are_accepted(answers: Answers) -> None:
    """Every message of the first half is, and some of the second."""
    accepted = [number for number, content in answers.ours.items() if content is not None]
    assert accepted[: COUNT // 2] == [*range(COUNT // 2)]
    assert COUNT // 8 < len(accepted) - COUNT // 2 < COUNT // 2
