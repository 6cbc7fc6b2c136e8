"""The rows of the matrix: the checks of one implementation and one parameter set.

An attempt returns nothing if everything agrees. It raises NotOffered if the other side has no such thing, and anything
else if the two sides differ.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from interop import ours
from interop.hpke import INFO, KEM_IDS, open_sealed, seal
from interop.peer import NotOffered, Peer
from qynauth_pqc import (
    CompositePrivateKey,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SLHDSAPrivateKey,
    XWingPrivateKey,
    XWingPublicKey,
)
from qynauth_pqc.derandomized import encapsulate_with

__all__ = ["DifferenceError", "Pair", "check_encoding", "rows"]

SIGNATURE_SETS = {*ours.DSA_SETS, *ours.SLHDSA_SETS, *ours.COMPOSITE_SETS}
MESSAGE, CONTEXT = b"message", "context of äöü".encode()

# The lengths of unencrypted PKCS#8, which distinguish the forms: the DER around a seed, an expanded key and both.
EXPANDED = {1632: 64, 2400: 64, 3168: 64, 2560: 32, 4032: 32, 4896: 32}
SHORTEST_EXPANDED = min(EXPANDED)
PKCS8_FORMS = {seed + 22: "PKCS#8 seed" for seed in EXPANDED.values()}
PKCS8_FORMS |= {size + 28: "PKCS#8 expanded" for size in EXPANDED}
PKCS8_FORMS |= {size + seed + 34: "PKCS#8 both" for size, seed in EXPANDED.items()}


class DifferenceError(Exception):
    """The two sides do not agree."""


def agree(left: object, right: object, what: str) -> None:
    """Compare the two values, which must be equal."""
    if left != right:
        raise DifferenceError(what)


@dataclass
class Pair:
    """This library and a peer, with one key of ours.

    Attributes:
        peer: the program of the other side.
        name: the parameter set.
        key: our private key.
        private_form: the form of private keys that the peer reads and writes in all other operations.
        public_form: the same of public keys.
        bare: whether the peer has the KEM outside of HPKE.
    """

    peer: Peer
    name: str
    key: ours.PrivateKey
    private_form: str
    public_form: str
    bare: bool = True

    @property
    def kem(self) -> MLKEMPrivateKey | XWingPrivateKey:
        """Our key, of a KEM."""
        return cast("MLKEMPrivateKey | XWingPrivateKey", self.key)

    @property
    def kem_public(self) -> MLKEMPublicKey | XWingPublicKey:
        """Our public key, of a KEM."""
        return self.kem.public_key

    @property
    def signer(self) -> MLDSAPrivateKey | SLHDSAPrivateKey | CompositePrivateKey:
        """Our key, of a signature algorithm."""
        return cast("MLDSAPrivateKey | SLHDSAPrivateKey | CompositePrivateKey", self.key)

    @property
    def digest_signer(self) -> MLDSAPrivateKey | SLHDSAPrivateKey:
        """Our key, of an algorithm that signs digests too."""
        return cast("MLDSAPrivateKey | SLHDSAPrivateKey", self.key)

    def accepts(self, message: bytes, signature: bytes, context: bytes) -> bool:
        """Return whether a signature by our key is valid here."""
        try:
            self.signer.public_key.verify(message, signature, context=context)
        except InvalidSignatureError:
            return False
        return True

    def ask_private(self, op: str, form: str | None = None, **fields: str | bytes | bool) -> dict[str, Any]:
        """Ask the peer for something with our private key, in a form."""
        form = form or self.private_form
        return self.peer.ask(op, set=self.name, form=form, key=ours.write_private(self.key, form), **fields)

    def ask_public(self, op: str, form: str | None = None, **fields: str | bytes | bool) -> dict[str, Any]:
        """Ask the peer for something with our public key, in a form."""
        form = form or self.public_form
        return self.peer.ask(op, set=self.name, form=form, key=ours.write_public(self.key.public_key, form), **fields)


def key_pair(pair: Pair) -> None:
    """The peer's key pair loads here: the public key of its private key is its public key."""
    made = pair.peer.ask("generate", set=pair.name, private=pair.private_form, public=pair.public_form)
    check_pair(pair, made, pair.private_form, pair.public_form)


def check_pair(pair: Pair, made: dict[str, Any], private_form: str, public_form: str) -> None:
    """Load both keys, which must match."""
    private = check_private(pair, made["private"], private_form)
    public = ours.read_public(pair.name, public_form, made["public"])
    agree(private.public_key, public, "private and public key")
    if "PEM" not in public_form:
        check_encoding(public_form, ours.write_public(public, public_form), made["public"])


def check_private(pair: Pair, encoded: bytes, form: str) -> ours.PrivateKey:
    """Load a private key and encode it to the same, unless there is a choice: encrypted, and lines of PEM."""
    written = form_of(encoded, form)
    if written not in {form, ""}:
        message = f"wrote {written}"
        raise NotOffered(message)
    private = ours.read_private(pair.name, form, encoded)
    if "," not in form:
        check_encoding(form, ours.write_private(private, form), encoded)
    return private


def check_encoding(form: str, left: bytes, right: bytes) -> None:
    """Compare two encodings of one key."""
    agree(ours.essence(form, left), ours.essence(form, right), f"{form} of one key")


def form_of(encoded: bytes, asked: str) -> str:
    """Return the form of a private key that should be PKCS#8, if its label or length shows it."""
    if encoded.startswith(b"-----"):
        label = encoded.split(b"\n")[0].decode()
        wanted = f"-----BEGIN {'ENCRYPTED ' if 'encrypted' in asked else ''}PRIVATE KEY-----"
        short = len(encoded) < SHORTEST_EXPANDED
        return label if label != wanted else asked if short else asked.replace("seed", "expanded")
    if asked in ours.ONE_FORM:
        return asked
    if "encrypted" in asked:
        return f"PKCS#8 {'seed' if len(encoded) < SHORTEST_EXPANDED else 'expanded'}, encrypted"
    return PKCS8_FORMS.get(len(encoded), "")


def read_private(form: str, pair: Pair) -> None:
    """The peer uses our private key from a form: it decapsulates, or its signature is valid here."""
    if pair.name in SIGNATURE_SETS:
        sign(b"", pair, form)
    elif pair.bare:
        decapsulate(pair, form)
    else:
        hpke_open(pair, form)


def read_public(form: str, pair: Pair) -> None:
    """The peer uses our public key from a form: it encapsulates, or verifies."""
    if pair.name in SIGNATURE_SETS:
        verify(b"", pair, form)
    elif pair.bare:
        encapsulate(pair, form)
    else:
        hpke_seal(pair, form)


def write_private(form: str, pair: Pair) -> None:
    """The peer writes its own private key in a form, or else one that it read in that form."""
    try:
        made = pair.peer.ask("generate", set=pair.name, private=form, public=pair.public_form)
        check_pair(pair, made, form, pair.public_form)
    except NotOffered as refusal:
        try:
            encoded = pair.ask_private("reencode", form)["key"]
        except NotOffered:
            raise refusal from None
        agree(check_private(pair, encoded, form).public_key, pair.key.public_key, "the key that was read")


def write_public(form: str, pair: Pair) -> None:
    """The peer writes its own public key in a form."""
    made = pair.peer.ask("generate", set=pair.name, private=pair.private_form, public=form)
    check_pair(pair, made, pair.private_form, form)


def encapsulate(pair: Pair, form: str | None = None) -> None:
    """The peer makes a secret, and this library recovers it."""
    made = pair.ask_public("encapsulate", form)
    agree(pair.kem.decapsulate(made["ciphertext"]), made["secret"], "shared secret")


def decapsulate(pair: Pair, form: str | None = None) -> None:
    """This library makes a secret, and the peer recovers it."""
    ciphertext, secret = pair.kem_public.encapsulate()
    agree(pair.ask_private("decapsulate", form, ciphertext=ciphertext)["secret"], bytes(secret), "shared secret")


def implicit_rejection(pair: Pair) -> None:
    """A ciphertext with one bit flipped decapsulates to the same secret on both sides."""
    ciphertext, secret = pair.kem_public.encapsulate()
    tampered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = pair.ask_private("decapsulate", ciphertext=tampered)["secret"]
    agree(bytes(pair.kem.decapsulate(tampered)), rejected, "secret of a tampered ciphertext")
    agree(rejected == secret, False, "rejection")  # noqa: FBT003 -- compared, not passed on


def encapsulate_given(pair: Pair) -> None:
    """The same randomness makes the same ciphertext and secret."""
    randomness = os.urandom(64 if pair.name == ours.XWING else 32)
    made = pair.ask_public("encapsulate", randomness=randomness)
    ciphertext, secret = encapsulate_with(pair.kem_public, randomness)
    agree((made["ciphertext"], made["secret"]), (ciphertext, bytes(secret)), "ciphertext and secret")


def hpke_seal(pair: Pair, form: str | None = None) -> None:
    """The peer seals a message with HPKE, and `cryptography` opens it here."""
    sealed = pair.ask_public("seal", form, info=INFO, message=MESSAGE)["sealed"]
    size = len(pair.kem_public.encapsulate()[0])
    secret = bytes(pair.kem.decapsulate(sealed[:size]))
    agree(open_sealed(pair.name, secret, sealed[size:]), MESSAGE, "message")


def hpke_open(pair: Pair, form: str | None = None) -> None:
    """`cryptography` seals a message with HPKE here, and the peer opens it."""
    ciphertext, secret = pair.kem_public.encapsulate()
    sealed = ciphertext + seal(pair.name, bytes(secret), MESSAGE)
    agree(pair.ask_private("open", form, info=INFO, sealed=sealed)["message"], MESSAGE, "message")


def sign(context: bytes, pair: Pair, form: str | None = None) -> None:
    """The peer's signature is valid here, and not for another message."""
    made = pair.ask_private("sign", form, message=MESSAGE, context=context, deterministic=False)
    for message, valid in ((MESSAGE, True), (b"another", False)):
        agree(pair.accepts(message, made["signature"], context), valid, "validity")


def verify(context: bytes, pair: Pair, form: str | None = None) -> None:
    """The peer accepts our signature, and not for another message or another context."""
    signature = pair.signer.sign(MESSAGE, context=context)
    other = pair.signer.sign(MESSAGE, context=context + b"other")
    for message, each, valid in ((MESSAGE, signature, True), (b"another", signature, False), (MESSAGE, other, False)):
        answer = pair.ask_public("verify", form, message=message, context=context, signature=each)["valid"]
        agree(answer, valid, "validity")


def sign_deterministically(context: bytes, pair: Pair) -> None:
    """Without randomness, both sides make the same signature."""
    made = pair.ask_private("sign", message=MESSAGE, context=context, deterministic=True)
    agree(made["signature"], pair.signer.sign(MESSAGE, context=context, deterministic=True), "signature")


def sign_digest(pair: Pair) -> None:
    """The peer's signature of a digest is valid here, and is no signature of the message."""
    prehash = ours.prehash(pair.name)
    signature = pair.ask_private("sign_digest", message=MESSAGE, context=CONTEXT, prehash=prehash)["signature"]
    pair.digest_signer.public_key.verify(MESSAGE, signature, context=CONTEXT, prehash=prehash)
    agree(pair.accepts(MESSAGE, signature, CONTEXT), False, "validity")  # noqa: FBT003 -- as above


def verify_digest(pair: Pair) -> None:
    """The peer accepts our signature of a digest, and not our signature of the message."""
    prehash = ours.prehash(pair.name)
    for hashed, valid in ((prehash, True), (None, False)):
        signature = pair.digest_signer.sign(MESSAGE, context=CONTEXT, prehash=hashed)
        given = partial(pair.ask_public, "verify_digest", message=MESSAGE, context=CONTEXT, prehash=prehash)
        agree(given(signature=signature)["valid"], valid, "validity")


def rows(name: str) -> dict[str, Callable[[Pair], None]]:
    """Return the checks of a parameter set, by the names of the rows."""
    private, public = ours.forms(name)
    result: dict[str, Callable[[Pair], None]] = {"key pair": key_pair}
    if name in ours.SLHDSA_SETS and name.endswith("s"):  # their signatures take up to a minute in other implementations
        result["sign deterministically, context"] = partial(sign_deterministically, CONTEXT)
        return result | {"verify, context": partial(verify, CONTEXT)}
    for form in private:
        result[f"read {form}"] = partial(read_private, form)
        result[f"write {form}"] = partial(write_private, form)
    for form in public:
        result[f"read {form}"] = partial(read_public, form)
        result[f"write {form}"] = partial(write_public, form)
    if name in ours.COMPOSITE_SETS:
        for suffix, context in (("", b""), (", context", CONTEXT)):
            result[f"sign{suffix}"] = partial(sign, context)
            result[f"verify{suffix}"] = partial(verify, context)
        return result
    if name in SIGNATURE_SETS:
        for suffix, context in (("", b""), (", context", CONTEXT)):
            result[f"sign{suffix}"] = partial(sign, context)
            result[f"verify{suffix}"] = partial(verify, context)
            result[f"sign deterministically{suffix}"] = partial(sign_deterministically, context)
        return result | {"sign, digest": sign_digest, "verify, digest": verify_digest}
    result |= {"encapsulate": encapsulate, "decapsulate": decapsulate, "implicit rejection": implicit_rejection}
    result["encapsulate, randomness given"] = encapsulate_given
    if name in KEM_IDS:
        result |= {"HPKE seal": hpke_seal, "HPKE open": hpke_open}
    return result
