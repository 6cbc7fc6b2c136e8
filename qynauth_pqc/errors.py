"""What can go wrong: one tree of exceptions, and the exception for each status of the C interface.

Messages name the expected and the actual size and never hold a byte of an input. Only `TypeError`, for an argument of
the wrong Python type, stands outside the tree.
"""

from __future__ import annotations

from qynauth_pqc._ffi import ffi, lib

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = [
    "BatchError",
    "ClosedError",
    "InternalError",
    "InvalidCiphertextError",
    "InvalidKeyError",
    "InvalidLengthError",
    "InvalidSignatureError",
    "MonitorError",
    "OutOfMemoryError",
    "PQCError",
    "PasswordError",
    "RandomnessError",
    "SeedUnavailableError",
    "SelfTestError",
    "SharedMetricsError",
    "UnsupportedError",
]


class PQCError(Exception):
    """Base class of every error of this package."""


class InvalidKeyError(PQCError, ValueError):
    """A key has the wrong length, a coefficient outside its range, or parts that do not match, or is no PEM or DER."""


class PasswordError(PQCError, ValueError):
    """A password is missing, wrong, or given for a private key that is not encrypted."""


class InvalidLengthError(PQCError, ValueError):
    """A seed, a context, mu or given randomness has the wrong length, or a column of a batch holds not all its rows."""


class InvalidCiphertextError(InvalidLengthError):
    """A ciphertext has the wrong length, the only thing that can be wrong with one (FIPS 203, 7.3)."""


class ClosedError(PQCError, ValueError):
    """A key or a secret was used after it was closed."""


class InvalidSignatureError(PQCError):
    """A signature is not valid for this message, context and key, or has the wrong length."""


class BatchError(PQCError):
    """Some items of a batch failed, and not for a bad signature. Raised when all items were worked on.

    Attributes:
        results: what the function returns otherwise. In a list, None stands for an item that failed; `SharedSecrets`
            raise its error where its secret would be.
        errors: the error of each item that failed, by its index.
    """

    def __init__(self, results: Any, errors: Mapping[int, PQCError]) -> None:
        """Say how many failed, and why the first one did."""
        self.results = results
        self.errors = dict(sorted(errors.items()))
        first, error = next(iter(self.errors.items()))
        failed = f"{len(errors)} items of the batch" if len(errors) > 1 else "one item of the batch"
        super().__init__(f"{failed} failed; item {first}: {error}")

    def __reduce__(self) -> tuple[type[BatchError], tuple[Any, dict[int, PQCError]]]:
        """Pickle what it was made of."""
        return type(self), (self.results, self.errors)


class SeedUnavailableError(PQCError):
    """The seed of a key was asked for that was loaded from its expanded form."""


class UnsupportedError(PQCError):
    """A parameter set, algorithm, encryption, engine, code path or operation that is unavailable here."""


class SharedMetricsError(PQCError):
    """The file for shared metrics is not one of this version, or this process shares another one already."""


class MonitorError(PQCError, RuntimeError):
    """A monitor was started twice, not at all or too early, or two reports are not of the same interval."""


class RandomnessError(PQCError):
    """The system's random number generator failed."""


class SelfTestError(PQCError):
    """The engine gave a wrong known answer on this machine, and is not used. Please report it."""


class OutOfMemoryError(PQCError, MemoryError):
    """Memory could not be allocated, or not be locked."""


class InternalError(PQCError):
    """The library failed in a way that no input should cause. Please report it."""


STATUS_ERRORS: dict[str, type[PQCError]] = {
    "PQC_STATUS_NULL_POINTER": InternalError,
    "PQC_STATUS_UNKNOWN_PARAMETER_SET": UnsupportedError,
    "PQC_STATUS_UNKNOWN_FLAGS": UnsupportedError,
    "PQC_STATUS_UNKNOWN_HASH": UnsupportedError,
    "PQC_STATUS_UNKNOWN_OPERATION": InternalError,
    "PQC_STATUS_UNKNOWN_FORM": UnsupportedError,
    "PQC_STATUS_UNKNOWN_ENCODING": UnsupportedError,
    "PQC_STATUS_BATCH_COUNT": InternalError,
    "PQC_STATUS_THREAD_COUNT": UnsupportedError,
    "PQC_STATUS_OVERLAP": InternalError,
    "PQC_STATUS_PUBLIC_KEY_LENGTH": InvalidKeyError,
    "PQC_STATUS_PRIVATE_KEY_LENGTH": InvalidKeyError,
    "PQC_STATUS_SEED_LENGTH": InvalidLengthError,
    "PQC_STATUS_CIPHERTEXT_LENGTH": InvalidCiphertextError,
    "PQC_STATUS_CONTEXT_LENGTH": InvalidLengthError,
    "PQC_STATUS_RANDOMNESS_LENGTH": InvalidLengthError,
    "PQC_STATUS_INPUT_TOO_LONG": InvalidLengthError,
    "PQC_STATUS_DIGEST_LENGTH": InvalidLengthError,
    "PQC_STATUS_OUTPUT_LENGTH": InternalError,
    "PQC_STATUS_ENCODED_KEY_LENGTH": InvalidKeyError,
    "PQC_STATUS_MU_LENGTH": InvalidLengthError,
    "PQC_STATUS_PUBLIC_KEY_MODULUS": InvalidKeyError,
    "PQC_STATUS_PRIVATE_KEY_RANGE": InvalidKeyError,
    "PQC_STATUS_PRIVATE_KEY_HASH": InvalidKeyError,
    "PQC_STATUS_SEED_MISMATCH": InvalidKeyError,
    "PQC_STATUS_KEY_PAIR_MISMATCH": InvalidKeyError,
    "PQC_STATUS_KEY_ENCODING": InvalidKeyError,
    "PQC_STATUS_PASSWORD_REQUIRED": PasswordError,
    "PQC_STATUS_PASSWORD_WRONG": PasswordError,
    "PQC_STATUS_PASSWORD_UNUSED": PasswordError,
    "PQC_STATUS_KEY_ENCRYPTION_COST": UnsupportedError,
    "PQC_STATUS_INVALID_SIGNATURE": InvalidSignatureError,
    "PQC_STATUS_BATCH_ITEMS": InternalError,
    "PQC_STATUS_SEED_UNAVAILABLE": SeedUnavailableError,
    "PQC_STATUS_CODE_PATH_UNAVAILABLE": UnsupportedError,
    "PQC_STATUS_MEMORY_LOCK_UNAVAILABLE": UnsupportedError,
    "PQC_STATUS_SHARED_MEMORY": SharedMetricsError,
    "PQC_STATUS_KEY_ALGORITHM": UnsupportedError,
    "PQC_STATUS_KEY_ENCRYPTION": UnsupportedError,
    "PQC_STATUS_ENGINE_SETTING": UnsupportedError,
    "PQC_STATUS_EXTERNAL_MU_UNAVAILABLE": UnsupportedError,
    "PQC_STATUS_RANDOMNESS": RandomnessError,
    "PQC_STATUS_OUT_OF_MEMORY": OutOfMemoryError,
    "PQC_STATUS_MEMORY_LOCK_LIMIT": OutOfMemoryError,
    "PQC_STATUS_SELF_TEST": SelfTestError,
    "PQC_STATUS_INTERNAL": InternalError,
    "PQC_STATUS_PANIC": InternalError,
}


# Made at import: a dict of this size is refused where memory is out, and the error would be another one.
_NAMES: dict[int, str] = ffi.typeof("PqcStatus").elements


def status_error(status: int, detail: str = "") -> PQCError:
    """Return the exception for a status other than `PQC_STATUS_OK`.

    Args:
        status: the number that a function of the C interface returned.
        detail: what the caller knows beyond the status, such as the expected and the actual size.

    Returns:
        The exception, to be raised by the caller.
    """
    name = _NAMES.get(status, "")
    message = ffi.string(lib.ffi_status_message(status)).decode("ascii")
    return STATUS_ERRORS.get(name, InternalError)(f"{message}: {detail}" if detail else message)


def expect(value: object, kind: type | tuple[type, ...], name: str) -> None:
    """Check the type of an argument where no operation on it would.

    Args:
        value: the argument.
        kind: the type or types that it must have.
        name: the name of the argument in the error.

    Raises:
        TypeError: it has another type. Its value is not in the message.
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        msg = f"{name} must be {' or '.join(each.__name__ for each in kinds)}, not {type(value).__name__}"
        raise TypeError(msg)
