"""One tree of exceptions, and the exception for each status of the C interface.

Messages name the expected and the actual size and never hold a byte of an input. Only `TypeError`, for an argument of
the wrong Python type, is not in the tree.

The documentation of a function lists its specific errors. Any use of a closed object is a `ClosedError`. Any
call that needs memory may raise `OutOfMemoryError`; a call that draws randomness, `RandomnessError`; a call that makes
or loads a key, `SelfTestError`; and a signature of SLH-DSA, `FaultDetectedError`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol, Self

    class Results(Protocol):
        """The results of a batch of any kind."""

        def __len__(self) -> int:
            """Return the number of items."""

        def __getitem__(self, index: int, /) -> object:
            """Return the result of an item."""

        def __iter__(self) -> Iterator[object]:
            """Return all results in turn."""


__all__ = ["BatchError", "ClosedError", "MonitorError", "PQCError", "SharedMetricsError", "WrongAlgorithmError"]
__all__ += ["InvalidCiphertextError", "InvalidKeyError", "InvalidLengthError", "InvalidSignatureError", "PasswordError"]
__all__ += ["FaultDetectedError", "InternalError", "MessageChangedError", "OutOfMemoryError"]
__all__ += ["RandomnessError", "SelfTestError"]
__all__ += ["FormatError", "NotApprovedError", "SeedUnavailableError", "UnsupportedError", "VerificationError"]


class PQCError(Exception):
    """Base class of every error of this package."""


class InvalidKeyError(PQCError, ValueError):
    """A key has the wrong length, a value outside its range, halves that do not match, or is not PEM or DER."""


class PasswordError(PQCError, ValueError):
    """A password is missing or wrong, or the private key is not encrypted."""


class InvalidLengthError(PQCError, ValueError):
    """A seed, a context, mu or randomness has the wrong length, or a column of a batch lacks some of its rows."""


class InvalidCiphertextError(PQCError, ValueError):
    """A ciphertext has the wrong length (FIPS 203, 7.3), or the point of a hybrid is refused."""


class ClosedError(PQCError, ValueError):
    """A key or a secret was used after it was closed."""


class InvalidSignatureError(PQCError):
    """A signature is not valid for this message, context and key, or has the wrong length."""


class FormatError(PQCError, ValueError):
    """A key, a signature or a message breaks a rule of its format. The packages of artefacts raise it.

    Attributes:
        rule: the rule of the format.
        position: the place in the input: a byte, a line or the name of a member, as the class of the format says.
    """

    def __init__(self, message: str, rule: str = "", position: int | str = "") -> None:
        """Take the message, the rule and the position."""
        super().__init__(message)
        self.rule, self.position = rule, position

    @classmethod
    def at(cls, what: str, rule: str, position: int | str, unit: str = "byte") -> Self:
        """Return the error for a rule at a position in an input.

        Args:
            what: the name of the input, or an empty text if the position says it.
            rule: the rule of the format.
            position: the number of a byte, or of another unit, or the name of a member.
            unit: what a number counts.
        """
        place = f"{unit} {position}" if isinstance(position, int) else position
        return cls(f"{what}, {place}: {rule}" if what else f"{place}: {rule}", rule, position)


class VerificationError(InvalidSignatureError):
    """A signature or what it signs is not accepted. The packages of artefacts raise it.

    Attributes:
        rule: the first rule of verification that failed, of the format's `Rule`.
    """

    def __init__(self, message: str, rule: str = "") -> None:
        """Take the message and the rule."""
        super().__init__(message)
        self.rule = rule


class BatchError(PQCError):
    """Some items of a batch failed, other than by a bad signature. Raised after all items were processed.

    Attributes:
        results: the usual return value of the function. A list has None for an item that failed; `SharedSecrets` raises
            the error of an item instead of returning its secret.
        errors: the error of each item that failed, by its index.
    """

    def __init__(self, results: Results, errors: Mapping[int, PQCError]) -> None:
        """Say how many failed, and why the first one did."""
        self.results = results
        self.errors = dict(sorted(errors.items()))
        first, error = next(iter(self.errors.items()))
        failed = f"{len(errors)} items of the batch" if len(errors) > 1 else "one item of the batch"
        super().__init__(f"{failed} failed; item {first}: {error}")

    def __reduce__(self) -> tuple[type[BatchError], tuple[Results, dict[int, PQCError]]]:
        """Pickle the arguments of the constructor."""
        return type(self), (self.results, self.errors)


class SeedUnavailableError(PQCError):
    """The key has no known seed: it was loaded from its expanded form, or its family has none."""


class UnsupportedError(PQCError):
    """A parameter set, algorithm, encryption, code path or operation that is unavailable here."""


class NotApprovedError(PQCError):
    """The FIPS module of this build lacks the operation, or does not approve it. The default build never raises it."""


class WrongAlgorithmError(PQCError, TypeError):
    """The algorithm of a key does not support the operation or form: an ML-DSA key cannot encapsulate, for example."""


class SharedMetricsError(PQCError):
    """The file for shared metrics is of another version or damaged, or this process shares another file already."""


class MonitorError(PQCError, RuntimeError):
    """A monitor was started twice, not at all or too early, or two reports are not of the same monitor."""


class RandomnessError(PQCError):
    """The system's random number generator failed."""


class SelfTestError(PQCError):
    """The engine computed a wrong known answer on this machine, and is not used. Please report it."""


class FaultDetectedError(PQCError):
    """A signature failed the check against faults, and no part of it was released.

    Two computations had different results, or the signature does not verify under the private key's public half. The
    machine is at fault, or the key is damaged: load the key again, on another machine if the error comes back.
    """


class MessageChangedError(PQCError):
    """The message changed while it was signed, and no part of the signature was released.

    SLH-DSA hashes a message twice, and the second digest alone differed: another thread or program has written to the
    message or to the context. Sign a copy. Of inputs that nobody can change, such as bytes, the same is a
    `FaultDetectedError`.
    """


class OutOfMemoryError(MemoryError, PQCError):  # in this order, `__new__` takes the class; Dask calls it to unpickle
    """Memory could not be allocated or locked."""


class InternalError(PQCError):
    """The library failed in a way that no input should cause. Please report it."""


_STATUSES: dict[type[PQCError], tuple[str, ...]] = {
    InternalError: (
        *("NULL_POINTER", "UNKNOWN_OPERATION", "BATCH_COUNT", "OVERLAP", "OUTPUT_LENGTH", "BATCH_ITEMS"),
        *("INTERNAL", "PANIC"),
    ),
    UnsupportedError: (
        *("UNKNOWN_ALGORITHM", "UNKNOWN_FLAGS", "UNKNOWN_HASH", "UNKNOWN_FORM", "UNKNOWN_ENCODING"),
        *("THREAD_COUNT", "KEY_ENCRYPTION_COST", "CODE_PATH_UNAVAILABLE", "MEMORY_LOCK_UNAVAILABLE"),
        *("KEY_ALGORITHM", "KEY_ENCRYPTION"),
    ),
    InvalidKeyError: (
        *("PUBLIC_KEY_LENGTH", "PRIVATE_KEY_LENGTH", "ENCODED_KEY_LENGTH", "PUBLIC_KEY_MODULUS"),
        *("PRIVATE_KEY_RANGE", "PRIVATE_KEY_HASH", "SEED_MISMATCH", "KEY_PAIR_MISMATCH", "KEY_ENCODING"),
        "PUBLIC_KEY_POINT",
    ),
    InvalidLengthError: (
        *("SEED_LENGTH", "CONTEXT_LENGTH", "RANDOMNESS_LENGTH", "INPUT_TOO_LONG", "DIGEST_LENGTH", "MU_LENGTH"),
    ),
    InvalidCiphertextError: ("CIPHERTEXT_LENGTH", "CIPHERTEXT_POINT"),
    PasswordError: ("PASSWORD_REQUIRED", "PASSWORD_WRONG", "PASSWORD_UNUSED"),
    InvalidSignatureError: ("INVALID_SIGNATURE",),
    SeedUnavailableError: ("SEED_UNAVAILABLE",),
    NotApprovedError: ("NOT_APPROVED",),
    SharedMetricsError: ("SHARED_MEMORY",),
    RandomnessError: ("RANDOMNESS",),
    OutOfMemoryError: ("OUT_OF_MEMORY", "MEMORY_LOCK_LIMIT"),
    SelfTestError: ("SELF_TEST",),
    FaultDetectedError: ("FAULT_DETECTED",),
    MessageChangedError: ("MESSAGE_CHANGED",),
    WrongAlgorithmError: ("WRONG_ALGORITHM",),
}
STATUS_ERRORS = {f"PQC_STATUS_{name}": error for error, names in _STATUSES.items() for name in names}
"""The exception of each status."""


def expect(value: object, kind: type | tuple[type, ...], name: str) -> None:
    """Check the type of an argument if no later operation checks it.

    Args:
        value: the argument.
        kind: the type or types that it must have.
        name: the name of the argument in the error.

    Raises:
        TypeError: it has another type, or is a bool in the place of a number. Its value is not in the message.
    """
    if not isinstance(value, kind) or (kind is not bool and (value is True or value is False)):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise TypeError(f"{name} must be {' or '.join(each.__name__ for each in kinds)}, not {type(value).__name__}")


_LONGEST_SHOWN = 64


def short(text: str) -> str:
    """Return a text for an error, cut if it is long: an input must not decide the length of an error."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
