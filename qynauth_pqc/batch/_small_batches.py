"""Small batches, of lists with one key or of new keys: one call of C each.

The objects of other batches take as long as some operations, once per batch and once per time slice. For a batch of
another kind or with a wrong argument, each function returns None before it does anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._keys.parameter_sets import detail_of
from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc._keys.slices import DONE, errors_of
from qynauth_pqc.batch._outputs import Verdicts
from qynauth_pqc.batch._shared_secrets import SharedSecrets
from qynauth_pqc.errors import BatchError
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey
from qynauth_pqc.native import (
    SMALL_BATCH,
    decapsulate_small,
    encapsulate_small,
    lib,
    sign_small,
    verify_small,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native import Failure


def _is_quick(key: Any, kind: type[Key]) -> bool:
    """Return whether a key is of a kind, and a small batch with it takes at most the first time slice."""
    return isinstance(key, kind) and key._parameter_set.first_items == SMALL_BATCH


def _failed(rows: list[Any], failure: Failure, detail: Callable[[int, int], str]) -> dict[int, PQCError]:
    """Return the errors of a batch, and put None into the row of each item that failed."""
    if failure[0] != lib.PQC_STATUS_BATCH_ITEMS:
        rows.clear()  # C has not filled them, and a traceback would show them
    errors = errors_of(failure, detail)
    for index in errors:
        rows[index] = None
    return errors


def _detail_of(key: Key, inputs: tuple[Any, ...]) -> Callable[[int, int], str]:
    """Return the function for details about errors of signatures; the contexts are the last input."""
    contexts: bytes | Sequence[bytes] = inputs[-1]

    def detail(index: int, status: int) -> str:
        context = contexts if isinstance(contexts, bytes) else contexts[index]
        return detail_of(status, key._parameter_set, {"context": context})

    return detail


def verify(key: Any, messages: Any, signatures: Any, contexts: Any, threads: Any) -> Verdicts | None:
    """Verify, as `verify_many` does."""
    if not _is_quick(key, SignaturePublicKey):
        return None
    made = verify_small(key._handle, messages, signatures, b"" if contexts is None else contexts, threads)
    if made is None:
        return None
    status, statuses, inputs = made[2]
    if not status:
        return Verdicts([True] * len(statuses))
    valid = Verdicts(not each for each in statuses)
    failed = [0 if each == lib.PQC_STATUS_INVALID_SIGNATURE else each for each in statuses]
    if status in DONE and not any(failed):
        return valid
    errors = _failed(valid, (status, failed, inputs), _detail_of(key, inputs))
    raise BatchError(valid, errors)


def sign(key: Any, messages: Any, contexts: Any, threads: Any, *, deterministic: Any) -> list[bytes] | None:
    """Sign, as `sign_many` does."""
    if not _is_quick(key, SignaturePrivateKey) or key._parameter_set.signature_varies:
        return None
    size, chosen = key._parameter_set.signature_bytes, b"" if contexts is None else contexts
    made = sign_small(key._handle, size, messages, chosen, deterministic, threads)
    if made is None:
        return None
    rows, _, failure = made
    if failure is None:
        return rows
    errors = _failed(rows, failure, _detail_of(key, failure[2]))
    raise BatchError(rows, errors)


def encapsulate(key: Any, count: Any, threads: Any) -> tuple[list[bytes], SharedSecrets] | None:
    """Encapsulate, as `encapsulate_many` does."""
    if not _is_quick(key, KEMPublicKey):
        return None
    made = encapsulate_small(key._handle, key._parameter_set.ciphertext_bytes, count, threads)
    if made is None:
        return None
    rows, memory, failure = made
    if failure is None:
        return rows, SharedSecrets._of(memory, {})
    errors = _failed(rows, failure, lambda _index, _status: "")
    raise BatchError((rows, SharedSecrets._of(memory, errors)), errors)


def decapsulate(key: Any, ciphertexts: Any, threads: Any) -> SharedSecrets | None:
    """Decapsulate, as `decapsulate_many` does."""
    if not _is_quick(key, KEMPrivateKey):
        return None
    made = decapsulate_small(key._handle, ciphertexts, threads)
    if made is None:
        return None
    _, memory, failure = made
    if failure is None:
        return SharedSecrets._of(memory, {})
    (inputs,) = failure[2]

    def detail(index: int, status: int) -> str:
        return detail_of(status, key._parameter_set, {"ciphertext": inputs[index]})

    errors = errors_of(failure, detail)
    raise BatchError(SharedSecrets._of(memory, errors), errors)
