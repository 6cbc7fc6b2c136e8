#!/usr/bin/env python3
"""The cost of a composite signature, compared with its halves and with both joined by hand with `cryptography`.

All are measured in turns in one process, on one core. The results go to the terminal, to a JSON file and to
docs/results/benchmarks.md; with --quick they are few, and docs is not changed.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from measure import FULL, QUICK, Timing, interleave, pinned
from operations import WrongResultError, accepts, message
from page import fill, markdown
from results import IncompleteError, figure, fits, machine

from qynauth_pqc import CompositeParameterSet, CompositePrivateKey, MLDSAPrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from measure import Plan

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "docs/results/benchmarks/composite.json"
PAGE = "docs/results/benchmarks.md"

OURS, BY_HAND = "composite", "by hand"
COLUMNS = {
    OURS: "Composite, `qynauth_pqc`",
    "ML-DSA": "ML-DSA half, `qynauth_pqc`",
    "classical": "classical half, `cryptography`",
    BY_HAND: "both halves by hand, `cryptography`",
}
OPERATIONS = ("keygen", "sign", "verify")
PARTS = {"ML-DSA": OURS, "classical": BY_HAND}
"""The columns of halves, and the column that does the same work and more."""

LONGEST_PART = 1.1
"""How long a half may take, against the whole."""

LONGEST_ROUND = 2.0
"""How long the mean of a round may take, against the median of calls; rejected attempts make it 1.5 for a signature."""

PREFIX = b"CompositeAlgorithmSignatures2025"  # draft-ietf-lamps-pq-composite-sigs-19, 2.2
SEED_BYTES = 32
SCALAR_START = 7  # in the DER of an ECPrivateKey


class Classical:
    """Ed25519 or ECDSA of a composite, by cryptography."""

    def __init__(self, parameter_set: str) -> None:
        """Choose the algorithm of a composite."""
        curves: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
            "P256": (ec.SECP256R1(), hashes.SHA256()),
            "P384": (ec.SECP384R1(), hashes.SHA384()),
        }
        found = next((curve for name, curve in curves.items() if name in parameter_set), None)
        self._curve = found[0] if found else None
        self.options = [ec.ECDSA(found[1])] if found else []

    def generate(self) -> Any:
        """Make a private key."""
        return ec.generate_private_key(self._curve) if self._curve else ed25519.Ed25519PrivateKey.generate()

    def load(self, raw: bytes) -> Any:
        """Load the half of a composite private key."""
        if self._curve is None:
            return ed25519.Ed25519PrivateKey.from_private_bytes(raw)
        scalar = raw[SCALAR_START : SCALAR_START + self._curve.key_size // 8]
        return ec.derive_private_key(int.from_bytes(scalar, "big"), self._curve)


class ByHand:
    """Both halves of a composite, by cryptography and joined here, with the keys of this library."""

    def __init__(self, key: CompositePrivateKey) -> None:
        """Load a private key and its public key."""
        name = key.parameter_set
        raw = bytes(key.private_bytes())
        self._label = b"COMPSIG-" + name.encode()
        self._hash = name.rpartition("-")[2].lower()
        self._mldsa_class: Any = getattr(mldsa, f"{name.partition('-')[0]}PrivateKey")
        self.algorithm = Classical(name)
        self._mldsa = self._mldsa_class.from_seed_bytes(raw[:SEED_BYTES])
        self.classical = self.algorithm.load(raw[SEED_BYTES:])
        self._publics = self._mldsa.public_key(), self.classical.public_key()
        self._mldsa_bytes = len(self._mldsa.sign(b""))

    def generate(self) -> None:
        """Make the two private keys of another composite."""
        self._mldsa_class.generate()
        self.algorithm.generate()

    def _representative(self, text: bytes) -> bytes:
        return PREFIX + self._label + b"\0" + hashlib.new(self._hash, text).digest()

    def sign(self, text: bytes) -> bytes:
        """Sign the hash of a message with both halves."""
        representative = self._representative(text)
        second = self.classical.sign(representative, *self.algorithm.options)
        return bytes(self._mldsa.sign(representative, self._label) + second)

    def verify(self, text: bytes, signature: bytes) -> None:
        """Verify both halves, or raise."""
        representative = self._representative(text)
        first, second = self._publics
        first.verify(signature[: self._mldsa_bytes], representative, self._label)
        second.verify(signature[self._mldsa_bytes :], representative, *self.algorithm.options)


def timings(parameter_set: CompositeParameterSet, messages: int) -> dict[str, list[Timing]]:
    """Return the timings of a composite, by operation.

    Args:
        parameter_set: the parameter set.
        messages: how many messages are signed in turns.

    Raises:
        WrongResultError: the two implementations do not accept each other's signatures.
    """
    key = CompositePrivateKey.generate(parameter_set)
    mldsa_key = MLDSAPrivateKey.generate(f"ML-DSA-{parameter_set[5:7]}")  # type: ignore[arg-type]
    hand = ByHand(key)
    texts = [(message(number),) for number in range(messages)]
    [text] = texts[0]
    signature, options = check(key, hand), hand.algorithm.options
    half, public = hand.classical.sign(text, *options), hand.classical.public_key()
    calls: dict[str, dict[str, tuple[Any, Any]]] = {
        "keygen": {
            OURS: (lambda: CompositePrivateKey.generate(parameter_set), [()]),
            "ML-DSA": (lambda: MLDSAPrivateKey.generate(mldsa_key.parameter_set), [()]),
            "classical": (hand.algorithm.generate, [()]),
            BY_HAND: (hand.generate, [()]),
        },
        "sign": {
            OURS: (key.sign, texts),
            "ML-DSA": (mldsa_key.sign, texts),
            "classical": (hand.classical.sign, [(each, *options) for [each] in texts]),
            BY_HAND: (hand.sign, texts),
        },
        "verify": {
            OURS: (key.public_key.verify, [(text, signature)]),
            "ML-DSA": (mldsa_key.public_key.verify, [(text, mldsa_key.sign(text))]),
            "classical": (public.verify, [(half, text, *options)]),
            BY_HAND: (hand.verify, [(text, signature)]),
        },
    }
    return {
        operation: [Timing(column, call, arguments) for column, (call, arguments) in columns.items()]
        for operation, columns in calls.items()
    }


def check(key: CompositePrivateKey, hand: ByHand) -> bytes:
    """Check that each side accepts the signature of the other, and refuses it for another message.

    Returns:
        A signature of message 0.

    Raises:
        WrongResultError: a check failed.
    """
    signatures = [key.sign(message(0)), hand.sign(message(0))]
    for verify in (key.public_key.verify, hand.verify):
        for signature in signatures:
            if not accepts(verify, message(0), signature) or accepts(verify, message(1), signature):
                msg = f"{key.parameter_set} and both halves by hand do not agree"
                raise WrongResultError(msg)
    return signatures[0]


def measure(plan: Plan) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the statistics by operation and column."""
    found = {}
    with pinned():
        for parameter_set in CompositeParameterSet:
            for operation, ready in timings(parameter_set, plan.messages).items():
                interleave(ready, plan)
                found[f"{parameter_set.value} {operation}"] = {each.package: each.summary() for each in ready}
    return found


def check_possible(times: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Check that no operation was measured while another process ran.

    Raises:
        IncompleteError: statistics do not fit together, a round took far longer than its calls, or a half longer than
            the whole.
    """
    faults = []
    for name, columns in times.items():
        for column, found in columns.items():
            if not fits(found) or found["round"] > LONGEST_ROUND * found["median"]:
                faults.append(f"{name} of {column} cannot be")
        for part, whole in PARTS.items():
            if (share := figure(name, columns[part]) / figure(name, columns[whole])) > LONGEST_PART:
                faults.append(f"{name} of {part} takes {share:.2f}x as long as {whole}")
    if faults:
        raise IncompleteError("; ".join(faults))


def regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of a run for docs/results/benchmarks.md, by the names of their regions."""
    rows = []
    for name, times in document["times"].items():
        figures = {column: figure(name, times[column]) for column in COLUMNS}
        cells = [f"{figures[column]:.1f}" for column in COLUMNS]
        rows.append([name, *cells, f"{figures[BY_HAND] / figures[OURS]:.1f}x"])
    described = document["machine"]
    table = markdown(["Microseconds", *COLUMNS.values(), "by hand / composite"], rows)
    return {"composite": f"{table}\n\nMeasured on {described['processor']}, {described['cores']} cores."}


def main() -> None:
    """Measure, print, and write docs."""
    parser = argparse.ArgumentParser(description="Measure composite signatures, their halves, and both joined by hand.")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that everything works")
    quick = parser.parse_args().quick
    document = {"machine": machine(), "times": measure(QUICK if quick else FULL)}
    text = regions(document)
    print(text["composite"])
    if not quick:
        check_possible(document["times"])
        (ROOT / RESULTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        page = ROOT / PAGE
        page.write_text(fill(page.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
