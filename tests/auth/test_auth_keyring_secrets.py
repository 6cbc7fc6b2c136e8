"""Key rings: no closed ring, repr or traceback shows passwords or private keys."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest
from jose_keys import generate, load, registry
from joserfc import jwt
from test_auth_keyring import EDDSA, MLDSA, PASSWORD, clock, file_of, ring
from test_auth_keyring_faults import full_disk

from qynauth_pqc import ClosedError, InvalidLengthError
from qynauth_pqc.auth import _ring_keys
from qynauth_pqc.auth._manifest import Manifest, RingKey, Seal
from qynauth_pqc.auth.errors import KeyRingError, RotationError
from qynauth_pqc.auth.keyring import KeyRing

__all__ = ["clock", "ring"]  # pytest uses them here


def test_closed_ring_is_wiped_and_refuses_every_use(ring: KeyRing) -> None:
    """A second close does nothing; a key that was taken before stays usable."""
    seal, key = ring._opened(), ring.signing_key(EDDSA)
    ring.close()
    ring.close()
    assert (seal._key._closed, seal.file_password._closed, ring._loaded) == (True, True, {})
    for call in (ring.refresh, ring.jwks, lambda: ring.keys, lambda: ring.rotate(EDDSA)):
        with pytest.raises(ClosedError):
            call()
    assert jwt.encode({"alg": EDDSA}, {}, load(EDDSA, key), registry=registry(EDDSA))


def test_repr_shows_no_secret(ring: KeyRing) -> None:
    """Neither the ring nor its keys nor its fields show one."""
    shown = repr((ring, ring.keys, ring._opened(), vars(ring)))
    derived = bytes(ring._opened().file_password).decode()
    assert PASSWORD.decode() not in shown
    assert derived not in shown
    assert repr(ring) == f"<KeyRing: {str(ring.directory)!r}>"


def spoiled(ring: KeyRing) -> KeyRing:
    """Return a ring with the file of its active key under another password, and a matching manifest."""
    [key] = ring.keys
    with Seal(b"SENTINEL", bytes(16)) as seal:
        pem = generate(EDDSA).as_pem(private=True, password=bytes(seal.file_password))  # type: ignore[arg-type]
    key = with_digest(key, pem)
    file_of(ring, key).write_bytes(pem)
    ring._manifest = Manifest(1, 1.0, 1.0, 1.0, None, (key,))
    return ring


def without_its_key(ring: KeyRing) -> KeyRing:
    """Return a ring that has lost its private key."""
    file_of(ring, ring.keys[0]).unlink()
    return ring


def on_a_full_disk(ring: KeyRing) -> None:
    """Make a key that cannot be written."""
    with full_disk(100):
        ring.rotate(MLDSA)


def with_digest(key: RingKey, pem: bytes) -> RingKey:
    """Return a key with the digest of this file."""
    return replace(key, sha256=hashlib.sha256(pem).hexdigest())


ES256 = generate("ES256")
FAILURES: dict[str, Callable[[KeyRing], object]] = {
    "wrong password": lambda ring: KeyRing.open(ring.directory, b"SENTINEL"),
    "password as text": lambda ring: KeyRing.open(ring.directory, PASSWORD.decode()),  # type: ignore[arg-type]
    "long password": lambda ring: KeyRing.open(ring.directory, PASSWORD * 100),
    "no ring": lambda ring: KeyRing.open(ring.directory / "absent", PASSWORD),
    "existing ring": lambda ring: KeyRing.create(ring.directory, PASSWORD, [EDDSA]),
    "no parent": lambda ring: KeyRing.create(ring.directory / "a" / "b", PASSWORD, [EDDSA]),
    "text for a new ring": lambda ring: KeyRing.create(ring.directory, PASSWORD.decode(), [EDDSA]),  # type: ignore[arg-type]
    "encrypted otherwise": lambda ring: spoiled(ring).signing_key(EDDSA),
    "full disk": on_a_full_disk,
    "import of a public key": lambda ring: ring.import_key("ES256", {**ES256.as_dict(private=False), "d": "SENTINEL"}),
    "import with a wrong password": lambda ring: ring.import_key(
        "ES256", ES256.as_pem(private=True, password=PASSWORD.decode()), password=b"another"
    ),
    "import for another algorithm": lambda ring: ring.import_key(MLDSA, ES256.as_dict(private=True)),
    "password after a loss": lambda ring: without_its_key(ring).change_password(PASSWORD),
    "too early": lambda ring: (ring.rotate(EDDSA), ring.activate(EDDSA)),
}


@pytest.mark.parametrize("call", FAILURES.values(), ids=FAILURES)
def test_no_frame_of_an_error_holds_a_secret(ring: KeyRing, call: Callable[[KeyRing], object]) -> None:
    """Only frames of this test hold the private key, the password or derived secrets."""
    secrets = [
        "BEGIN PRIVATE KEY",
        "'d': ",
        "'priv': ",
        "SENTINEL",
        bytes(ring._opened().file_password).decode(),
        str(bytes(ring._opened()._key))[2:-1],
    ]
    with pytest.raises((KeyRingError, RotationError, InvalidLengthError, TypeError, OSError)) as caught:
        call(ring)
    shown: BaseException | None = caught.value
    while shown is not None:
        summary = traceback.TracebackException.from_exception(shown, capture_locals=True)
        for frame in summary.stack:
            if frame.filename != __file__:
                assert not [each for each in secrets if each in str(frame.locals)], frame
        assert not [each for each in secrets if each in str(shown)]
        shown = shown.__cause__ or shown.__context__


def test_error_of_a_library_about_an_imported_key_is_not_shown(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message may have a part of the key."""

    def fail(*_arguments: object) -> NoReturn:
        raise ValueError("SENTINEL")

    monkeypatch.setattr(_ring_keys, "load_private", fail)
    with pytest.raises(KeyRingError, match="expected a private key for EdDSA") as caught:
        ring.import_key(EDDSA, generate(EDDSA).as_pem(private=True))
    assert "SENTINEL" not in "".join(traceback.format_exception(caught.value))
