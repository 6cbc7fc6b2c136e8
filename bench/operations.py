"""The operations of each parameter set as calls to time, after a check that they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import DSA_SETS, KEM_SETS, OURS, load
from measure import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters import Dsa, Kem, Keys, Package

KEM_OPERATIONS = ("keygen", "encapsulate", "decapsulate", "fresh encapsulate", "fresh decapsulate")
DSA_OPERATIONS = ("keygen", "sign", "verify", "fresh sign", "fresh verify")
NAMES = [f"{each} {name}" for each in KEM_SETS for name in KEM_OPERATIONS] + [
    f"{each} {name}" for each in DSA_SETS for name in DSA_OPERATIONS
]
"""Every operation of every set. Fresh means that the call begins with the raw bytes of the key."""


class WrongResultError(Exception):
    """A package gave a wrong result, so that its times would mean nothing."""


def message(number: int) -> bytes:
    """Return the message with this number, the same for all packages: 64 bytes."""
    return number.to_bytes(64, "little")


def timings(package: Package, parameter_set: str, messages: int) -> dict[str, Timing]:
    """Return the operations of a package with a parameter set, checked; none if it does not have the set.

    Args:
        package: the package.
        parameter_set: one of ML-KEM or ML-DSA.
        messages: how many messages are signed in turns.

    Raises:
        WrongResultError: what it makes is not right.
    """
    kem, dsa = package.kem.get(parameter_set), package.dsa.get(parameter_set)
    calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]] = {}
    if kem:
        calls = _kem_calls(package, parameter_set, kem)
    if dsa:
        calls = _dsa_calls(package, parameter_set, dsa, messages)
    return {name: Timing(package.name, call, arguments) for name, (call, arguments) in calls.items()}


def fresh(load_key: Callable[[bytes], Any] | None, use: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that loads a key and uses it."""
    return use if load_key is None else lambda raw, *rest: use(load_key(raw), *rest)


def _pair(keys: Keys) -> tuple[Any, Any, bytes, bytes]:
    public, private = keys.split(keys.generate())
    return public, private, bytes(keys.encode_public(public)), bytes(keys.encode_private(private))


def _kem_calls(package: Package, parameter_set: str, kem: Kem) -> dict[str, Any]:
    keys = kem.keys
    public, private, raw_public, raw_private = _pair(keys)
    ciphertext = check_kem(package, parameter_set, kem, (public, private, raw_public, raw_private))
    return {
        "keygen": (keys.generate, [()]),
        "encapsulate": (kem.encapsulate, [(public,)]),
        "decapsulate": (kem.decapsulate, [(private, ciphertext)]),
        "fresh encapsulate": (fresh(keys.load_public, kem.encapsulate), [(raw_public,)]),
        "fresh decapsulate": (fresh(keys.load_private, kem.decapsulate), [(raw_private, ciphertext)]),
    }


def check_kem(package: Package, parameter_set: str, kem: Kem, pair: tuple[Any, Any, bytes, bytes]) -> bytes:
    """Check both keys, loaded and fresh, against each other and against our own package.

    Returns:
        A ciphertext for the pair.

    Raises:
        WrongResultError: two secrets differ.
    """
    public, private, raw_public, raw_private = pair
    ours = load(OURS).kem[parameter_set]
    assert ours.keys.load_public is not None  # noqa: S101 - our keys are objects
    senders = [
        kem.encapsulate(public),
        fresh(kem.keys.load_public, kem.encapsulate)(raw_public),
        ours.encapsulate(ours.keys.load_public(raw_public)),
    ]
    for results in senders:
        secret, ciphertext = sorted(map(bytes, results), key=len)
        received = [
            kem.decapsulate(private, ciphertext),
            fresh(kem.keys.load_private, kem.decapsulate)(raw_private, ciphertext),
        ]
        if {secret} != set(map(bytes, received)):
            msg = f"{package.name} does not recover a shared secret of {parameter_set}"
            raise WrongResultError(msg)
    return ciphertext


def _dsa_calls(package: Package, parameter_set: str, dsa: Dsa, messages: int) -> dict[str, Any]:
    keys = dsa.keys
    public, private, raw_public, raw_private = _pair(keys)
    texts = [message(number) for number in range(messages)]
    signature = check_dsa(package, parameter_set, dsa, (public, private, raw_public, raw_private))
    return {
        "keygen": (keys.generate, [()]),
        "sign": (dsa.sign, [(private, text) for text in texts]),
        "verify": (dsa.verify, [(public, texts[0], signature)]),
        "fresh sign": (fresh(keys.load_private, dsa.sign), [(raw_private, text) for text in texts]),
        "fresh verify": (fresh(keys.load_public, dsa.verify), [(raw_public, texts[0], signature)]),
    }


def check_dsa(package: Package, parameter_set: str, dsa: Dsa, pair: tuple[Any, Any, bytes, bytes]) -> bytes:
    """Check both keys, loaded and fresh, against each other and against our own package, and that forgery is refused.

    Returns:
        A signature of message 0.

    Raises:
        WrongResultError: a good signature is refused or a bad one accepted.
    """
    public, private, raw_public, raw_private = pair
    ours, text = load(OURS).dsa[parameter_set], message(0)
    verifiers = [
        (dsa.verify, public),
        (fresh(dsa.keys.load_public, dsa.verify), raw_public),
        (fresh(ours.keys.load_public, ours.verify), raw_public),
    ]
    for signature in (dsa.sign(private, text), fresh(dsa.keys.load_private, dsa.sign)(raw_private, text)):
        for verify, key in verifiers:
            if not accepts(verify, key, text, signature) or accepts(verify, key, message(1), signature):
                msg = f"{package.name} does not verify {parameter_set} rightly"
                raise WrongResultError(msg)
    return bytes(signature)


def accepts(verify: Callable[..., Any], *arguments: Any) -> bool:
    """Tell whether a signature is accepted: packages return nothing or true, or return false or raise."""
    try:
        return verify(*arguments) is not False
    except Exception:  # noqa: BLE001 - each package has errors of its own
        return False
