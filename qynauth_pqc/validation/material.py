"""Keys, ciphertexts and signatures of one parameter set, which the functions of the header are called with.

Everything comes from fixed seeds and fixed randomness, so that it is the same in every run and on every code path: the
digests in `KNOWN` hold it to what a build gave that passes the published vectors. Nothing of it is secret.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.errors import status_error
from qynauth_pqc.validation.outputs import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH: int = lib.PQC_HASH_SHA3_384
"""The hash function of the prehashed functions."""

_DIGEST_BYTES, _TR = 48, slice(64, 128)  # bytes of that hash function, and where `tr` is in a private key of ML-DSA
_SEED_BYTES = {"mlkem": lib.MLKEM_SEEDBYTES, "mldsa": lib.MLDSA_SEEDBYTES, "xwing": lib.XWING_SEEDBYTES}
_RANDOMNESS_BYTES = {"mlkem": lib.MLKEM_RANDOMNESSBYTES, "xwing": lib.XWING_RANDOMNESSBYTES}
_KINDS = {"mlkem": "MlKem", "mldsa": "MlDsa", "xwing": "XWing"}

_FREES = {"public key": "public_key", "mu hasher": "mu_hasher"}  # of handles that are no key pairs

KNOWN: dict[str, str] = {
    "ML-KEM-512": "9d7ce24507ac1ff47cf2f4da86f5e18e0c9aac5717f1daf96ec856c02bcb067b",
    "ML-KEM-768": "7b001ea8d323b384b9a9977e51368782c6d35b1680003b2fa0d2ca4318049494",
    "ML-KEM-1024": "6b87a80591a0372c06eea27384ee18f33e83896643a6e2d8af2b6dac0137accb",
    "ML-DSA-44": "a3936a5fa367d1040eebe9b447e409654c047bff7adf27eaec43f73e1c381a59",
    "ML-DSA-65": "dea27de2ed286d34040a5b631000c96f3bc64d337610b9efccb03984ca8ee448",
    "ML-DSA-87": "ed56fea63d6a82cd9e0f2a7f378c127a0e4e6c4e7278e50f33e713592de2b5b6",
    "X-Wing": "bb11ec4f1e3afb66467d19e2f16d5856c8746ca13c80ec3f0981a8d672a95343",
}
"""SHA-256 of all known bytes of a parameter set, one after the other in the order in which they are made."""


@dataclass(slots=True)
class Material:
    """What calls with one parameter set need.

    Attributes:
        library: the functions of the header.
        name: the standard's name of the parameter set.
        family: "mlkem", "mldsa" or "xwing", with which the names of its functions begin.
        chosen: the number of the parameter set in the header, as arguments; none for X-Wing.
        data: bytes by their name. Those whose name says what is wrong with them must be refused.
        handles: "key pair" from the seed, "public key", and where there is such, "key pair without a seed", both of
            them "with mu" and "without mu", and hashers of mu.
    """

    library: Any
    name: str
    family: str
    chosen: tuple[int, ...]
    data: dict[str, bytes] = field(default_factory=dict)
    handles: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the parameter set."""
        return self.chosen[0]

    def buffer(self, function: str, *arguments: Any, outputs: int = 1) -> list[bytes]:
        """Return what a function of the family writes into its buffers, which are freed.

        Raises:
            PQCError: the function failed.
        """
        buffers = [ffi.new("FFIBuffer *") for _ in range(outputs)]
        self.check(function, *arguments, *buffers)
        results = [contents(each) for each in buffers]
        for each in buffers:
            self.library.ffi_buffer_free(each)
        return results

    def handle(self, kind: str, function: str, *arguments: Any) -> Any:
        """Return the new handle of a function of the family.

        Raises:
            PQCError: the function failed.
        """
        out = ffi.new(f"{_KINDS[self.family]}{kind} **")
        self.check(function, *arguments, out)
        return out[0]

    def free(self) -> None:
        """End all keys."""
        for name, handle in self.handles.items():
            kind = next((kind for start, kind in _FREES.items() if name.startswith(start)), "keypair")
            getattr(self.library, f"{self.family}_{kind}_free")(handle)
        self.handles.clear()

    def digest(self) -> str:
        """Return the SHA-256 of the bytes that are not wrong, to be compared with `KNOWN`."""
        good = [value for name, value in self.data.items() if " with " not in name and not name.startswith("another")]
        return hashlib.sha256(b"".join(good)).hexdigest()

    def check(self, function: str, *arguments: Any) -> None:
        """Call a function of the family that must succeed.

        Raises:
            PQCError: the function failed.
        """
        status = getattr(self.library, f"{self.family}_{function}")(*arguments)
        if status:
            raise status_error(status)


@contextmanager
def material(library: Any, name: str) -> Iterator[Material]:
    """Make the material of a parameter set, and free it afterwards.

    Args:
        library: the functions of the header.
        name: the standard's name of the parameter set.

    Yields:
        The material.

    Raises:
        PQCError: one of the functions that make it failed.
    """
    standard, _, number = (name, "", "") if name == "X-Wing" else name.rpartition("-")
    made = Material(library, name, standard.replace("-", "").lower(), (int(number),) if number else ())
    try:
        _add_keys(made)
        if made.family != "xwing":
            _add_private_key(made)
        if made.family == "mldsa":
            _add_signatures(made)
            _add_mu(made)
        else:
            _add_secrets(made)
        if made.family != "xwing":
            _add_encodings(made)
        yield made
    finally:
        made.free()


def _add_keys(made: Material) -> None:
    data, handles = made.data, made.handles
    data["seed"] = seed = bytes(range(_SEED_BYTES[made.family]))
    handles["key pair"] = pair = made.handle("KeyPair", "keypair_from_seed", *made.chosen, 0, seed, len(seed))
    [data["public key"]] = made.buffer("keypair_public_key_bytes", pair)
    handles["public key"] = made.handle("PublicKey", "keypair_public_key", pair)


def _add_private_key(made: Material) -> None:
    [made.data["private key"]] = made.buffer("keypair_private_key_bytes", made.handles["key pair"])
    private = made.data["private key"]
    made.handles["key pair without a seed"] = made.handle(
        "KeyPair", "keypair_from_private_key", made.number, 0, private, len(private)
    )


def _add_secrets(made: Material) -> None:
    data = made.data
    data["randomness"] = randomness = bytes(range(100, 100 + _RANDOMNESS_BYTES[made.family]))
    arguments = made.handles["public key"], randomness, len(randomness)
    data["ciphertext"], data["shared secret"] = made.buffer("encapsulate_derand", *arguments, outputs=2)
    data["public key with a coefficient above the modulus"] = _overwritten(data["public key"], slice(2))
    if made.family == "xwing":
        return
    # dk is dk_PKE || ek || H(ek) || z, with 32 bytes each of the last two (FIPS 203, algorithm 16)
    data["private key with a coefficient above the modulus"] = _overwritten(data["private key"], slice(2))
    data["private key with another hash"] = _flipped(data["private key"], -40)


def _add_signatures(made: Material) -> None:
    data, pair = made.data, made.handles["key pair"]
    data["message"], data["context"] = b"message", bytes(range(lib.MLDSA_MAXCONTEXTBYTES))
    data["randomness"] = bytes(range(100, 100 + lib.MLDSA_RANDOMNESSBYTES))
    data["formatted message"] = b"\0\0message"
    data["digest"] = bytes(range(_DIGEST_BYTES))
    message, context, randomness, formatted, digest = (
        (data[name], len(data[name])) for name in ("message", "context", "randomness", "formatted message", "digest")
    )
    [data["signature"]] = made.buffer("sign_derand", pair, *message, *context, *randomness)
    [data["prehashed signature"]] = made.buffer("sign_prehashed_derand", pair, HASH, *digest, *context, *randomness)
    [data["internal signature"]] = made.buffer("sign_internal", pair, *formatted, *randomness)
    for name in ("signature", "prehashed signature", "internal signature"):
        data[f"{name} with a flipped bit"] = _flipped(data[name], 0)
    for name in ("message", "context", "formatted message", "digest"):
        data[f"another {name}"] = _flipped(data[name], 2)
    # sk is rho || K || tr || s1 || ..., with 32, 32 and 64 bytes (FIPS 204, algorithm 24)
    data["private key with another hash"] = _flipped(data["private key"], _TR.start)
    data["private key with a coefficient out of range"] = _overwritten(
        data["private key"], slice(_TR.stop, _TR.stop + 2)
    )


def _add_mu(made: Material) -> None:
    """Add the mu of the message, of which there is a signature already, with keys that take one and that do not."""
    data, handles = made.data, made.handles
    seed, message, context = ((data[name], len(data[name])) for name in ("seed", "message", "context"))
    for name, flag in (("with mu", lib.PQC_KEY_SIMD), ("without mu", lib.PQC_KEY_LIBCRUX)):
        handles[f"key pair {name}"] = pair = made.handle("KeyPair", "keypair_from_seed", *made.chosen, flag, *seed)
        handles[f"public key {name}"] = made.handle("PublicKey", "keypair_public_key", pair)
    for name in ("mu hasher", "mu hasher in use"):
        key = handles["public key"]
        handles[name] = hasher = made.handle("MuHasher", "mu_hasher_from_public_key", key, *context)
        made.check("mu_hasher_update", hasher, *message)
    [data["mu"]] = made.buffer("mu_hasher_finalize", handles["mu hasher"])
    data["another mu"] = _flipped(data["mu"], 0)


def _add_encodings(made: Material) -> None:
    data, der = made.data, lib.PQC_ENCODING_DER
    pair, key = made.handles["key pair"], made.handles["public key"]
    [data["PKCS#8"]] = made.buffer("keypair_to_pkcs8", pair, ffi.NULL, 0, lib.PQC_PRIVATE_KEY_SEED, der)
    [data["SubjectPublicKeyInfo"]] = made.buffer("public_key_to_spki", key, der)
    # The object identifier ends in the 18th byte, which would go on in the next if its first bit were set.
    data["PKCS#8 with a broken identifier"] = _overwritten(data["PKCS#8"], slice(17, 18))


def _flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def _overwritten(data: bytes, place: slice) -> bytes:
    changed = bytearray(data)
    changed[place] = b"\xff" * len(changed[place])
    return bytes(changed)
