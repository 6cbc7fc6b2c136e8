"""The work of `qynauth-pqc demo`: all operations of each parameter set, once with every check and then timed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import OFFERED
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.validation.performance import median_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc._keys.signature import SignaturePrivateKey


def _title(kind: type[Any], family: str) -> str:
    job = "Key exchange" if issubclass(kind, KEMPrivateKey) else "Signature of the file"
    return f"{job}: {family} ({kind._about})"


FAMILIES: dict[str, tuple[type[Any], str]] = {
    each.family.lower().replace("-", "_"): (kind, _title(kind, each.family)) for kind, each in loadable(PrivateKey)
}
"""The private keys of each family, and the title of its trials."""

SETS = len(OFFERED)
"""The number of trials in a demonstration: one for each parameter set."""

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
    """The trials of each family on a file of `file_bytes`; a time is the median of `runs` runs, fewer for slow sets."""

    file: str
    file_bytes: int
    runs: int
    families: dict[str, list[Trial]]

    def checks(self) -> list[bool]:
        """Return the outcome of every check of every set."""
        return [holds for family in self.families.values() for trial in family for holds in trial.checks.values()]

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data, and whether all checks passed."""
        plain: dict[str, Any] = asdict(self)
        return {**plain, **plain.pop("families"), "holds": all(self.checks())}


def demonstrate(file: str, message: bytes, watch: Callable[[Iterator[Trial]], Iterable[Trial]]) -> Demo:
    """Try every parameter set on the contents of a file; `watch` passes the trials on while they run."""
    runs = _RUNS if len(message) < _LARGE else _RUNS_OF_LARGE
    done = [*watch(_trials(message, runs))]
    families = {
        name: [each for each in done if each.algorithm in [*kind._sets]] for name, (kind, _) in FAMILIES.items()
    }
    return Demo(file, len(message), runs, families)


def _trials(message: bytes, runs: int) -> Iterator[Trial]:
    with TemporaryDirectory(prefix="qynauth-pqc-") as folder:
        for kind, _ in FAMILIES.values():
            for chosen in kind._sets:
                if issubclass(kind, KEMPrivateKey):
                    yield _try_kem(kind, chosen, runs)
                else:
                    path = Path(folder) / f"{chosen}.sig"
                    yield _try_signature(kind, chosen, min(runs, chosen.first_items), message, path)


def public_copy(private_key: PrivateKey) -> Any:
    """Return the public key of a private key as its receiver loads it."""
    return private_key._public_class.from_public_bytes(private_key.public_key.public_bytes(), private_key.parameter_set)


def _try_kem(kind: type[KEMPrivateKey], chosen: ParameterSet, runs: int) -> Trial:
    with kind.generate(chosen) as private_key:
        public_key = public_copy(private_key)
        ciphertext, sent = public_key.encapsulate()
        with private_key.seed() as seed, kind.from_seed(seed, chosen) as restored:
            again = restored.decapsulate(ciphertext)
        with (
            sent,
            again,
            private_key.decapsulate(ciphertext) as got,
            private_key.decapsulate(_flip(ciphertext, 0)) as bad,
        ):
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


def _try_signature(
    kind: type[SignaturePrivateKey], chosen: ParameterSet, runs: int, message: bytes, path: Path
) -> Trial:
    with kind.generate(chosen) as private_key:
        public_key = public_copy(private_key)
        path.write_bytes(private_key.sign(message))
        signature = path.read_bytes()
        return Trial(
            chosen.value,
            _key_sizes(private_key) | {"signature": len(signature)},
            {
                "keygen": median_us(lambda: kind.generate(chosen), runs),
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
    """Return the sizes of encoded keys; for X-Wing and the other hybrids, the seed is the only private key."""
    sizes = {"public_key": len(private_key.public_key.public_bytes())}
    if "expanded" in private_key._forms:
        with private_key.private_bytes() as expanded:
            sizes["private_key"] = len(expanded)
    if "seed" in private_key._forms:
        with private_key.seed() as seed:
            sizes["seed"] = len(seed)
    return sizes


def _flip(data: bytes, at: int = -1) -> bytes:
    """Return the data with one bit changed, or one byte for empty data."""
    changed = bytearray(data or b"\1")
    changed[at] ^= 1
    return bytes(changed)
