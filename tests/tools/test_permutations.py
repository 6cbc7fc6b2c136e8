"""The permutations that bench/permutations.py computes match the ones that implementations in Python make."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import dilithium_py.ml_dsa as dilithium_sets
import dilithium_py.ml_dsa.ml_dsa as dilithium
import dilithium_py.polynomials.polynomials as dilithium_polynomials
import kyber_py.ml_kem as kyber_sets
import kyber_py.ml_kem.ml_kem as kyber
import pytest
from operations import message
from permutations import MLDSA, MLKEM, SETS, SHAKE128, Permutations, hashed, sampled

pytestmark = pytest.mark.nightly

KEYS = 12
"""Keys that are counted of each set: their samplers reject candidates by chance, from fixed seeds."""


class Counter:
    """The functions of FIPS 202, which count their permutations by the squeezed bytes that are used."""

    def __init__(self) -> None:
        """Start at 0."""
        self.count = 0

    def function(self, name: str) -> Callable[[bytes], Any]:
        """Return a function of hashlib that counts."""

        def start(message: bytes) -> Any:
            made = hashlib.new(name, message)
            rate = made.block_size
            if not made.digest_size:
                return Squeezed(self, made, rate, len(message))
            self.count += hashed(rate, len(message), made.digest_size)
            return made

        return start


class Squeezed:
    """The output of an extendable-output function: `digest` at once, `read` bit by bit."""

    def __init__(self, counter: Counter, made: Any, rate: int, absorbed: int) -> None:
        """Absorb a message."""
        self._counter, self._made, self._rate, self._read = counter, made, rate, 0
        counter.count += hashed(rate, absorbed, 1)

    def read(self, count: int) -> bytes:
        """Squeeze so many bytes more."""
        before = hashed(self._rate, 0, max(1, self._read))
        self._read += count
        self._counter.count += hashed(self._rate, 0, self._read) - before
        return bytes(self._made.digest(self._read)[-count:])

    digest = read


class Lazy:
    """The bytes that kyber-py squeezes for an element of the matrix; only the bytes that it reads are counted."""

    def __init__(self, squeezed: Any) -> None:
        """Squeeze nothing."""
        self._squeezed, self._bytes = squeezed, b""

    def __getitem__(self, index: int) -> int:
        """Squeeze the missing bytes up to one."""
        if index >= len(self._bytes):
            self._bytes += self._squeezed.read(index + 1 - len(self._bytes))
        return self._bytes[index]


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Return the counter of permutations of kyber-py and dilithium-py."""
    counter = Counter()
    shake_128, shake_256 = counter.function("shake_128"), counter.function("shake_256")
    for name in ("sha3_256", "sha3_512", "shake_256"):
        monkeypatch.setattr(kyber, name, counter.function(name))
    monkeypatch.setattr(kyber.ML_KEM, "_xof", staticmethod(lambda *parts: Lazy(shake_128(b"".join(parts)))))
    monkeypatch.setattr(dilithium, "shake256", shake_256)
    monkeypatch.setattr(dilithium_polynomials, "shake128", shake_128)
    monkeypatch.setattr(dilithium_polynomials, "shake256", shake_256)
    return counter


def mean_counts(counter: Counter, calls: dict[str, Callable[[int], Any]]) -> dict[str, float]:
    """Return the permutations of each operation, as a mean over the keys."""
    found = {}
    for name, call in calls.items():
        before = counter.count
        for number in range(KEYS):
            call(number)
        found[name] = (counter.count - before) / KEYS
    return found


@pytest.mark.parametrize("name", [name for name, made in SETS.items() if isinstance(made, MLKEM)])
def test_permutations_of_ml_kem_are_those_of_a_reference(counter: Counter, name: str) -> None:
    """Key generation, encapsulation and decapsulation begin with encoded keys."""
    scheme = getattr(kyber_sets, name.replace("-", "_"))
    keys = [scheme._keygen_internal(bytes([number]) * 32, bytes(32)) for number in range(KEYS)]
    ciphertexts = [scheme._encaps_internal(public, bytes(32))[1] for public, _ in keys]
    found = mean_counts(
        counter,
        {
            "keygen": lambda number: scheme._keygen_internal(bytes([number]) * 32, bytes(32)),
            "fresh encapsulate": lambda number: scheme._encaps_internal(keys[number][0], bytes(32)),
            "fresh decapsulate, expanded": lambda number: scheme.decaps(keys[number][1], ciphertexts[number]),
        },
    )
    expected = SETS[name].operations()
    assert found == pytest.approx({operation: expected[operation].total for operation in found}, rel=0.01)


@pytest.mark.parametrize("name", [name for name, made in SETS.items() if isinstance(made, MLDSA)])
def test_permutations_of_ml_dsa_are_those_of_a_reference(
    counter: Counter, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operations are key generation, verification, and attempts of signing without the check of the key's hash."""
    scheme, made = getattr(dilithium_sets, name.replace("-", "_")), SETS[name]
    attempts: list[bytes] = []
    sample = scheme.R.sample_in_ball

    def counted(seed: bytes, tau: int) -> Any:
        attempts.append(seed)
        return sample(seed, tau)

    monkeypatch.setattr(scheme.R, "sample_in_ball", counted)
    keys = [scheme._keygen_internal(bytes([number]) * 32) for number in range(KEYS)]
    before = counter.count
    signatures = [scheme.sign(private, message(0), deterministic=True) for _, private in keys]
    signed, each = (counter.count - before) / KEYS, len(attempts) / KEYS
    found = mean_counts(
        counter,
        {
            "keygen": lambda number: scheme._keygen_internal(bytes([number]) * 32),
            "fresh verify": lambda number: scheme.verify(keys[number][0], message(0), signatures[number]),
        },
    )
    expected = made.operations()
    assert found == pytest.approx({operation: expected[operation].total for operation in found}, rel=0.01)
    assert isinstance(made, MLDSA)
    an_attempt = (expected["sign"].total - 2) / made.attempts
    unchecked = expected["fresh sign, expanded"].total - expected["sign"].total - hashed(136, len(keys[0][0]), 64)
    assert signed == pytest.approx(unchecked + 2 + each * an_attempt, rel=0.01)
    assert each == pytest.approx(made.attempts, rel=0.5)


def test_blocks_of_a_sponge_are_those_of_the_standard() -> None:
    """Padding takes at least a byte, so a message that fills a block needs another one."""
    assert [hashed(136, length, 32) for length in (0, 135, 136, 272)] == [1, 1, 2, 3]
    assert [hashed(168, 34, length) for length in (1, 168, 169, 504)] == [1, 1, 2, 3]


def test_expected_blocks_of_a_sampler() -> None:
    """It takes the needed blocks without rejection, and more with it."""
    assert sampled(10, 20, 1.0) == pytest.approx(2)
    assert sampled(10, 20, 1.0, before=1) == pytest.approx(3)
    assert sampled(1, 1, 0.5) == pytest.approx(2)
    assert 3 < sampled(2 * SHAKE128 // 3, 256, 3329 / 4096) < 3.02


def test_time_of_permutations_uses_the_fastest_vector() -> None:
    """Chained permutations run alone; independent ones share the vector with the least time a state."""
    assert Permutations(2, 16).nanoseconds({1: 100, 4: 160, 8: 400}) == 2 * 100 + 16 * 40
