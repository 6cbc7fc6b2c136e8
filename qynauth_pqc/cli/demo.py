"""What `qynauth-pqc demo` does: the whole job of each parameter set, once with every check and then timed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey, is_valid
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey
from qynauth_pqc.validation.performance import median_us
from qynauth_pqc.xwing import XWingParameterSet, XWingPrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc._key import PrivateKey
    from qynauth_pqc._parameter_sets import ParameterSet
    from qynauth_pqc.mlkem import KEMPrivateKey

SETS = len(MLKEMParameterSet) + len(MLDSAParameterSet) + 1
"""How many trials a demonstration has: one for each parameter set, and one of X-Wing."""

_RUNS, _RUNS_OF_LARGE, _LARGE = 25, 3, 1 << 20


@dataclass(frozen=True, slots=True)
class Trial:
    """Sizes in bytes, median times and outcomes of the checks of one parameter set."""

    algorithm: str
    sizes: dict[str, int]
    microseconds: dict[str, float]
    checks: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Demo:
    """The trials on a file of `file_bytes`; each time is the median of so many runs."""

    file: str
    file_bytes: int
    runs: int
    ml_kem: list[Trial]
    ml_dsa: list[Trial]
    x_wing: list[Trial]

    def checks(self) -> list[bool]:
        """Return the outcome of every check of every set."""
        return [holds for trial in (*self.ml_kem, *self.ml_dsa, *self.x_wing) for holds in trial.checks.values()]

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data, with whether all of it holds."""
        return asdict(self) | {"holds": all(self.checks())}


def runs_for(size: int) -> int:
    """Return how often to time each operation on a message of this size."""
    return _RUNS if size < _LARGE else _RUNS_OF_LARGE


def trials(message: bytes) -> Iterator[Trial]:
    """Try every parameter set, and X-Wing."""
    runs = runs_for(len(message))
    for kem in MLKEMParameterSet:
        yield _try_kem(MLKEMPrivateKey, kem, runs)
    with TemporaryDirectory(prefix="qynauth-pqc-") as folder:
        for dsa in MLDSAParameterSet:
            yield _try_mldsa(dsa, runs, message, Path(folder) / f"{dsa}.sig")
    yield _try_kem(XWingPrivateKey, XWingParameterSet.X_WING, runs)


def _try_kem(kind: type[KEMPrivateKey], chosen: ParameterSet, runs: int) -> Trial:
    with kind.generate(chosen) as private_key:
        public_key = kind._public_class.from_public_bytes(private_key.public_key.public_bytes())
        ciphertext, sent = public_key.encapsulate()
        with private_key.seed() as seed, kind.from_seed(seed, chosen) as restored:
            again = restored.decapsulate(ciphertext)
        with sent, again, private_key.decapsulate(ciphertext) as got, private_key.decapsulate(_flip(ciphertext)) as bad:
            return Trial(
                chosen.value,
                _key_sizes(private_key) | {"ciphertext": len(ciphertext), "secret": len(sent)},
                {
                    "keygen": median_us(lambda: kind.generate(chosen), runs),
                    "encaps": median_us(public_key.encapsulate, runs),
                    "decaps": median_us(lambda: private_key.decapsulate(ciphertext), runs),
                },
                {
                    "both_sides_get_the_same_secret": got == sent,
                    "a_tampered_ciphertext_has_another_secret": bad != sent,
                    "a_key_restored_from_its_seed_recovers_the_same_secret": again == sent,
                },
            )


def _try_mldsa(chosen: MLDSAParameterSet, runs: int, message: bytes, path: Path) -> Trial:
    with MLDSAPrivateKey.generate(chosen) as private_key:
        public_key = MLDSAPublicKey.from_public_bytes(private_key.public_key.public_bytes())
        path.write_bytes(private_key.sign(message))
        signature = path.read_bytes()
        return Trial(
            chosen.value,
            _key_sizes(private_key) | {"signature": len(signature)},
            {
                "keygen": median_us(lambda: MLDSAPrivateKey.generate(chosen), runs),
                "sign": median_us(lambda: private_key.sign(message), runs),
                "verify": median_us(lambda: public_key.verify(message, signature), runs),
            },
            {
                "the_signature_read_back_from_a_file_is_valid": is_valid(public_key, message, signature),
                "a_tampered_copy_of_the_file_is_refused": not is_valid(public_key, _flip(message), signature),
                "a_tampered_signature_is_refused": not is_valid(public_key, message, _flip(signature)),
            },
        )


def _key_sizes(private_key: PrivateKey) -> dict[str, int]:
    with private_key.private_bytes() as expanded, private_key.seed() as seed:
        sizes = {"public_key": len(private_key.public_key.public_bytes()), "private_key": len(expanded)}
        if len(expanded) == len(seed):  # the private key of X-Wing is its seed
            del sizes["private_key"]
        return sizes | {"seed": len(seed)}


def _flip(data: bytes) -> bytes:
    """Return the data with one bit changed, or one byte for nothing."""
    return data[:-1] + bytes([data[-1] ^ 1]) if data else b"\0"
