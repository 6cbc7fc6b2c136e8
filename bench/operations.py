"""The operations of each parameter set as calls to time, after a check that they are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters import DSA_SETS, KEM_SETS, OURS, XWING, load
from measure import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters import Dsa, Kem, Keys, Package

KEM_OPERATIONS = (
    *("handshake", "keygen", "fresh encapsulate", "fresh decapsulate, seed", "fresh decapsulate, expanded"),
    *("encapsulate", "decapsulate"),
)
XWING_OPERATIONS = tuple(name for name in KEM_OPERATIONS if not name.endswith("expanded"))
"""Its private keys are seeds."""

DSA_OPERATIONS = ("fresh verify", "keygen", "fresh sign, seed", "fresh sign, expanded", "sign", "verify")
TITLES = {"handshake": "ephemeral handshake", "fresh verify": "load a public key, verify once"}
"""The titles on pages of operations with too short names."""

LOADED = ("encapsulate", "decapsulate", "sign", "verify")
"""The operations with keys that were made before and used already."""

NAMES = [
    f"{each} {name}"
    for sets, operations in ((KEM_SETS, KEM_OPERATIONS), ([XWING], XWING_OPERATIONS), (DSA_SETS, DSA_OPERATIONS))
    for each in sets
    for name in operations
]
"""Every operation of every set. Fresh means that the call begins with the raw bytes of the key."""


class WrongResultError(Exception):
    """A package returned a wrong result, so its times would be meaningless."""


def message(number: int) -> bytes:
    """Return the message with this number, the same for all packages: 64 bytes."""
    return number.to_bytes(64, "little")


def timings(package: Package, parameter_set: str, messages: int) -> dict[str, Timing]:
    """Return the operations of a package with a parameter set, checked; none if it does not have the set.

    Args:
        package: the package.
        parameter_set: one of ML-KEM or ML-DSA, or X-Wing.
        messages: how many messages are signed in turns.

    Raises:
        WrongResultError: a result is not right.
    """
    kem, dsa = package.kem.get(parameter_set), package.dsa.get(parameter_set)
    calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]] = {}
    if kem:
        calls = _kem_calls(package, parameter_set, kem)
    if dsa:
        calls = _dsa_calls(package, parameter_set, dsa, messages)
    names = KEM_OPERATIONS if kem else DSA_OPERATIONS
    return {name: Timing(package.name, *calls[name]) for name in names if name in calls}


def fresh(load_key: Callable[[bytes], Any] | None, use: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that loads a key and uses it."""
    return use if load_key is None else lambda raw, *rest: use(load_key(raw), *rest)


@dataclass(frozen=True)
class Pair:
    """A key pair, and its keys as raw bytes, the private one in each form that its package has."""

    public: Any
    private: Any
    raw_public: bytes
    raw_private: Mapping[str, bytes]

    @classmethod
    def of(cls, keys: Keys) -> Pair:
        """Make one."""
        public, private = keys.split(keys.generate())
        raw_private = {name: bytes(form.encode(private)) for name, form in keys.forms().items()}
        return cls(public, private, bytes(keys.encode_public(public)), raw_private)


def _fresh_private(keys: Keys, use: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return, by form, a call that loads a private key and uses it."""
    return {name: fresh(form.load, use) for name, form in keys.forms().items()}


def _kem_calls(package: Package, parameter_set: str, kem: Kem) -> dict[str, Any]:
    keys = kem.keys
    pair = Pair.of(keys)
    ciphertext = check_kem(package, parameter_set, kem, pair)
    calls = {
        "handshake": (handshake(kem), [()]),
        "keygen": (keys.generate, [()]),
        "encapsulate": (kem.encapsulate, [(pair.public,)]),
        "decapsulate": (kem.decapsulate, [(pair.private, ciphertext)]),
        "fresh encapsulate": (fresh(keys.load_public, kem.encapsulate), [(pair.raw_public,)]),
    }
    for form, decapsulate in _fresh_private(keys, kem.decapsulate).items():
        calls[f"fresh decapsulate, {form}"] = (decapsulate, [(pair.raw_private[form], ciphertext)])
    return calls


def handshake(kem: Kem) -> Callable[[], bool]:
    """Return a call that generates a pair, encapsulates to its encoded public key, and decapsulates.

    The call returns whether both sides have the same secret.
    """
    announce = kem.keys.announce or kem.keys.generate
    encapsulate = fresh(kem.keys.load_public, kem.encapsulate)

    def both_sides() -> bool:
        raw, private = announce()
        one, other = encapsulate(raw)
        secret, ciphertext = (one, other) if len(one) < len(other) else (other, one)
        return bool(kem.decapsulate(private, ciphertext) == secret)

    return both_sides


def check_kem(package: Package, parameter_set: str, kem: Kem, pair: Pair) -> bytes:
    """Check both keys, loaded and fresh, against each other and against this package.

    Returns:
        A ciphertext for the pair.

    Raises:
        WrongResultError: two secrets differ.
    """
    ours = load(OURS).kem[parameter_set]
    assert ours.keys.load_public is not None  # noqa: S101 - our keys are objects
    senders = [
        kem.encapsulate(pair.public),
        fresh(kem.keys.load_public, kem.encapsulate)(pair.raw_public),
        ours.encapsulate(ours.keys.load_public(pair.raw_public)),
    ]
    receivers = _fresh_private(kem.keys, kem.decapsulate)
    agreed = handshake(kem)()
    for results in senders:
        secret, ciphertext = sorted(map(bytes, results), key=len)
        received = [
            kem.decapsulate(pair.private, ciphertext),
            *(decapsulate(pair.raw_private[form], ciphertext) for form, decapsulate in receivers.items()),
        ]
        if not agreed or {secret} != set(map(bytes, received)):
            msg = f"{package.name} does not recover a shared secret of {parameter_set}"
            raise WrongResultError(msg)
    return ciphertext


def _dsa_calls(package: Package, parameter_set: str, dsa: Dsa, messages: int) -> dict[str, Any]:
    keys = dsa.keys
    pair = Pair.of(keys)
    texts = [message(number) for number in range(messages)]
    signature = check_dsa(package, parameter_set, dsa, pair)
    calls = {
        "keygen": (keys.generate, [()]),
        "sign": (dsa.sign, [(pair.private, text) for text in texts]),
        "verify": (dsa.verify, [(pair.public, texts[0], signature)]),
        "fresh verify": (fresh(keys.load_public, dsa.verify), [(pair.raw_public, texts[0], signature)]),
    }
    for form, sign in _fresh_private(keys, dsa.sign).items():
        calls[f"fresh sign, {form}"] = (sign, [(pair.raw_private[form], text) for text in texts])
    return calls


def check_dsa(package: Package, parameter_set: str, dsa: Dsa, pair: Pair) -> bytes:
    """Check both keys, loaded and fresh, against each other and this package, and check that forgery is refused.

    Returns:
        A signature of message 0.

    Raises:
        WrongResultError: a good signature is refused or a bad one accepted.
    """
    ours, text = load(OURS).dsa[parameter_set], message(0)
    verifiers = [
        (dsa.verify, pair.public),
        (fresh(dsa.keys.load_public, dsa.verify), pair.raw_public),
        (fresh(ours.keys.load_public, ours.verify), pair.raw_public),
    ]
    signers = _fresh_private(dsa.keys, dsa.sign)
    signatures = [sign(pair.raw_private[form], text) for form, sign in signers.items()]
    for signature in (dsa.sign(pair.private, text), *signatures):
        for verify, key in verifiers:
            if not accepts(verify, key, text, signature) or accepts(verify, key, message(1), signature):
                msg = f"{package.name} does not verify {parameter_set} rightly"
                raise WrongResultError(msg)
    return bytes(signature)


def accepts(verify: Callable[..., Any], *arguments: Any) -> bool:
    """Return whether a signature is accepted: packages return nothing or true, or return false or raise."""
    try:
        return verify(*arguments) is not False
    except Exception:  # noqa: BLE001 - each package has its own errors
        return False
