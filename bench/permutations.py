"""The number of permutations of Keccak in each operation, computed from the parameters of FIPS 203 and FIPS 204.

Where a sampler rejects candidates, the number is the expected one. Permutations that depend on each other, such as for
the blocks of a message, are chained. The elements of a matrix or a vector are independent, so that a vector unit
permutes several of their states at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, exp
from typing import TYPE_CHECKING

from operations import DSA_OPERATIONS, KEM_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAKE128, SHAKE256, SHA3_256, SHA3_512 = 168, 136, 136, 72
"""The bytes of a block: FIPS 202, 6."""

COEFFICIENTS = 256
MLKEM_Q, MLDSA_Q = 3329, 8_380_417
MESSAGE_BYTES, CONTEXT_PREFIX_BYTES = 64, 2
"""The signed message, and the prefix of FIPS 204, algorithm 2."""


@dataclass(frozen=True)
class Permutations:
    """Chained permutations, and independent permutations."""

    chained: float = 0.0
    independent: float = 0.0

    def __add__(self, other: Permutations) -> Permutations:
        """Return the sum of both."""
        return Permutations(self.chained + other.chained, self.independent + other.independent)

    def __mul__(self, times: float) -> Permutations:
        """Return a multiple."""
        return Permutations(self.chained * times, self.independent * times)

    @property
    def total(self) -> float:
        """All permutations."""
        return self.chained + self.independent

    def nanoseconds(self, of_a_call: Mapping[int, float]) -> float:
        """Return their time: chained ones run alone, independent ones in the fastest number together.

        Args:
            of_a_call: the nanoseconds of a permutation, by the number of states.
        """
        each = min(time / states for states, time in of_a_call.items())
        return self.chained * of_a_call[1] + self.independent * each


def hashed(rate: int, absorbed: int, squeezed: int) -> int:
    """Return the permutations of a sponge: of its padded message, and of its output after the first block."""
    return absorbed // rate + max(1, -(-squeezed // rate))


def sampled(candidates: int, needed: int, accepted: float, before: int = 0) -> float:
    """Return the expected blocks of a sampler that takes the first accepted candidates.

    Args:
        candidates: how many a block has.
        needed: how many must be accepted.
        accepted: the probability that one is.
        before: how many candidates of the first block have another use.
    """
    blocks, expected = 0, 0.0
    while True:
        tried = max(0, blocks * candidates - before)
        enough = sum(
            comb(tried, n) * accepted**n * (1 - accepted) ** (tried - n) for n in range(min(needed, tried + 1))
        )
        if enough < 1e-9:  # noqa: PLR2004 - more blocks are never needed
            return expected
        blocks, expected = blocks + 1, expected + enough


@dataclass(frozen=True)
class MLKEM:
    """The parameters of a set: FIPS 203, table 2."""

    k: int
    eta1: int
    du: int
    dv: int

    def operations(self) -> dict[str, Permutations]:
        """Return the permutations by operation."""
        public_key, ciphertext = 384 * self.k + 32, 32 * (self.du * self.k + self.dv)
        matrix = Permutations(independent=self.k**2 * sampled(2 * SHAKE128 // 3, COEFFICIENTS, MLKEM_Q / 2**12))
        hash_of_key = Permutations(hashed(SHA3_256, public_key, 32))
        seeds = Permutations(hashed(SHA3_512, 33, 64))
        first, second = (hashed(SHAKE256, 33, 64 * eta) for eta in (self.eta1, 2))
        noise = Permutations(independent=self.k * first + (self.k + 1) * second)
        keygen = seeds + matrix + Permutations(independent=2 * self.k * first) + hash_of_key
        encapsulate = Permutations(hashed(SHA3_512, 64, 64)) + noise
        decapsulate = encapsulate + Permutations(hashed(SHAKE256, 32 + ciphertext, 32))
        load = matrix + hash_of_key
        values = (
            *(keygen + load + encapsulate + decapsulate, keygen, load + encapsulate, keygen + decapsulate),
            *(load + decapsulate, encapsulate, decapsulate),
        )
        return dict(zip(KEM_OPERATIONS, values, strict=True))


@dataclass(frozen=True)
class MLDSA:
    """The parameters of a set: FIPS 204, table 1; `gamma1` and `gamma2` as their logarithm and their quotient."""

    k: int
    l: int  # noqa: E741 - the name of the standard
    eta: int
    tau: int
    lambda_: int
    gamma1_bits: int
    gamma2_divisor: int

    @property
    def attempts(self) -> float:
        """The expected number of candidates for a signature: the approximation of FIPS 204, table 1."""
        beta, gamma2 = self.tau * self.eta, (MLDSA_Q - 1) // self.gamma2_divisor
        return exp(COEFFICIENTS * beta * (self.l / 2**self.gamma1_bits + self.k / gamma2))

    def operations(self) -> dict[str, Permutations]:
        """Return the permutations by operation."""
        public_key, w1 = 32 + 320 * self.k, 32 * self.k * ((self.gamma2_divisor // 2 - 1).bit_length())
        accepted = {2: 15 / 16, 4: 9 / 16}[self.eta]
        matrix = Permutations(independent=self.k * self.l * sampled(SHAKE128 // 3, COEFFICIENTS, MLDSA_Q / 2**23))
        vectors = Permutations(independent=(self.k + self.l) * sampled(2 * SHAKE256, COEFFICIENTS, accepted))
        hash_of_key = Permutations(hashed(SHAKE256, public_key, 64))
        keygen = Permutations(hashed(SHAKE256, 34, 128)) + matrix + vectors + hash_of_key
        representative = Permutations(hashed(SHAKE256, 64 + CONTEXT_PREFIX_BYTES + MESSAGE_BYTES, 64))
        challenge = Permutations(hashed(SHAKE256, 64 + w1, self.lambda_ // 4) + self.in_ball())
        mask = Permutations(independent=self.l * hashed(SHAKE256, 66, 32 * (self.gamma1_bits + 1)))
        sign = representative + Permutations(hashed(SHAKE256, 128, 64)) + (mask + challenge) * self.attempts
        verify = representative + challenge
        load = matrix + hash_of_key
        values = (load + verify, keygen, keygen + sign, load + sign, sign, verify)
        return dict(zip(DSA_OPERATIONS, values, strict=True))

    def in_ball(self) -> float:
        """Return the expected blocks of SampleInBall: 8 bytes of signs, and a byte for each candidate of a position."""
        positions = range(COEFFICIENTS - self.tau, COEFFICIENTS)
        candidates = sum(COEFFICIENTS / (position + 1) for position in positions)
        return sampled(SHAKE256, self.tau, self.tau / candidates, before=8)


SETS: dict[str, MLKEM | MLDSA] = {
    "ML-KEM-512": MLKEM(2, 3, 10, 4),
    "ML-KEM-768": MLKEM(3, 2, 10, 4),
    "ML-KEM-1024": MLKEM(4, 2, 11, 5),
    "ML-DSA-44": MLDSA(4, 4, 2, 39, 128, 17, 88),
    "ML-DSA-65": MLDSA(6, 5, 4, 49, 192, 19, 32),
    "ML-DSA-87": MLDSA(8, 7, 2, 60, 256, 19, 32),
}


def permutations() -> dict[str, Permutations]:
    """Return the permutations of every operation of every set."""
    return {f"{name} {operation}": each for name, made in SETS.items() for operation, each in made.operations().items()}
