"""Many operations in one call: verify, sign, encapsulate or decapsulate on several threads.

One key serves all items, or each item has its own. A bad item does not affect the others: every item is processed, and
if some of them failed, `BatchError` names them and has the results of the others. A bad signature is not a failure: its
result is False.

Inputs are lists of bytes-like objects, contiguous arrays of numpy (n x size of uint8, or fixed-size bytes; extra
`[numpy]`) or columns of Arrow (fixed_size_binary, binary; extra `[arrow]`). A bytes-like input serves every item. No
item of an array or a column becomes a Python object, and the results have the type of the input.

Inputs with different numbers of items raise `InvalidLengthError`. A number of threads outside 1 to 256 raises
`UnsupportedError`, also in the environment variable QYNAUTH_PQC_THREADS.

A batch runs in time slices of about 100 ms. Between them, Ctrl-C acts and `progress` is called with the number of items
just completed. `threads` is 1 to 256; by default the value of the environment variable QYNAUTH_PQC_THREADS, or else
the number of processors. docs/batch.md says more; `qynauth_pqc.integrations.aio` has the same functions for
asyncio and trio. `generate_many` of the classes of private keys makes many keys.

Encoded public keys do not show their parameter sets, so `parameter_set` names the set of all of them, or a set for
each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from qynauth_pqc._keys.slices import complete
from qynauth_pqc.batch import _small_batches
from qynauth_pqc.batch._kinds import Decapsulation, Encapsulation, Signing, Verification
from qynauth_pqc.batch._outputs import Verdicts
from qynauth_pqc.batch._shared_secrets import SharedSecrets
from qynauth_pqc.errors import BatchError
from qynauth_pqc.native.inputs import bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qynauth_pqc.batch._types import (
        Array,
        BinaryColumn,
        ByteArray,
        Column,
        DecapsulationKeys,
        Inputs,
        Items,
        ParameterSets,
        Progress,
        SigningKeys,
        VerifyingKeys,
    )
    from qynauth_pqc.mlkem import KEMPublicKey

__all__ = ["BatchError", "SharedSecrets", "Verdicts"]
__all__ += ["decapsulate_many", "encapsulate_many", "sign_many", "verify_many"]


def verify_many(  # noqa: PLR0913 - the inputs of each item, and how they are processed
    public_keys: VerifyingKeys,
    messages: Inputs,
    signatures: Inputs,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets | None = None,
    progress: Progress = None,
) -> Verdicts:
    """Check many signatures, as the `verify()` of their keys does.

    Args:
        public_keys: one key for all signatures, or a key for each, of any parameter sets; as `MLDSAPublicKey`,
            `CompositePublicKey` or encoded.
        messages: one message for all signatures, or a message for each.
        signatures: the signatures; a signature of a wrong length is invalid. Signatures of composites with ECDSA vary
            in length, which rows of one size do not show: pass a list or a column of binary.
        contexts: the contexts they were made with, 0 to 255 bytes each; None for empty contexts.
        threads: how many threads work, 1 to 256.
        parameter_set: the name of the set of all encoded keys, or a name for each; omitted for loaded keys.
        progress: called between time slices with the number of signatures just checked.

    Returns:
        For each signature, whether it is valid. The list cannot be used as a condition; use its `all_valid`.

    Raises:
        BatchError: a context is too long, a key is closed or not valid, a parameter set of a sequence is unknown, an
            item is null, or an item has a key of a composite with ECDSA and its signature in an array of numpy or a
            column of fixed_size_binary.
        UnsupportedError: the same holds for the single key of all items; the single parameter set is unknown; or
            `threads` or QYNAUTH_PQC_THREADS is not 1 to 256.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> private_key = MLDSAPrivateKey.generate("ML-DSA-44")
    >>> messages = [b"first", b"second"]
    >>> signatures = sign_many(private_key, messages)
    >>> verify_many(private_key.public_key, messages, [signatures[0], b"forged"])
    [True, False]
    """
    try:
        if progress is None and parameter_set is None:
            valid = _small_batches.verify(public_keys, messages, signatures, contexts, threads)
            if valid is not None:
                return valid
        batch = Verification(public_keys, messages, signatures, contexts, threads, parameter_set)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del public_keys, messages, signatures, contexts, threads, parameter_set  # perhaps keys as bytes
    return complete(batch, progress)  # type: ignore[no-any-return]


@overload
def sign_many(  # type: ignore[overload-overlap]
    private_keys: SigningKeys,
    messages: Array,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> ByteArray: ...


@overload
def sign_many(
    private_keys: SigningKeys,
    messages: Column,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> BinaryColumn: ...


@overload
def sign_many(
    private_keys: SigningKeys,
    messages: Items,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> list[bytes]: ...


def sign_many(
    private_keys: SigningKeys,
    messages: Inputs,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> list[bytes] | ByteArray | BinaryColumn:
    """Sign many messages, as the `sign()` of their keys does.

    Args:
        private_keys: one key for all messages, or a key for each, of any parameter sets.
        messages: the messages, or one message that every key signs.
        contexts: the purposes of the signatures, 0 to 255 bytes each; None for empty contexts.
        threads: how many threads work, 1 to 256.
        deterministic: sign without randomness, as in `MLDSAPrivateKey.sign`.
        progress: called between time slices with the number of messages just signed.

    Returns:
        The signatures: a list of bytes. For messages in an array of numpy, an array of n x size of uint8; for messages
        in a column of Arrow, a column of fixed_size_binary, or of large_binary for a composite with ECDSA, since its
        signatures vary in length.

    Raises:
        BatchError: a context is too long, a key is closed, an item is null, or the system returned no randomness.
        UnsupportedError: `threads` or QYNAUTH_PQC_THREADS is not 1 to 256, or keys of several parameter sets would sign
            the items of an array or a column, or a composite with ECDSA the items of an array.
    """
    try:
        if progress is None:
            made = _small_batches.sign(private_keys, messages, contexts, threads, deterministic=deterministic)
            if made is not None:
                return made
        batch = Signing(private_keys, messages, contexts, threads, deterministic=deterministic)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del private_keys, messages, contexts, threads, deterministic  # perhaps keys as bytes
    return complete(batch, progress)  # type: ignore[no-any-return]


@overload
def encapsulate_many(  # type: ignore[overload-overlap]
    public_keys: Array,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[ByteArray, SharedSecrets]: ...


@overload
def encapsulate_many(
    public_keys: Column,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[BinaryColumn, SharedSecrets]: ...


@overload
def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey],
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[list[bytes], SharedSecrets]: ...


@overload
def encapsulate_many(
    public_keys: Items,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[list[bytes], SharedSecrets]: ...


def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey] | Inputs,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets | None = None,
    progress: Progress = None,
) -> tuple[list[bytes] | ByteArray | BinaryColumn, SharedSecrets]:
    """Make many shared secrets and the ciphertexts that carry them: ML-KEM.Encaps (FIPS 203, 7.2), or a hybrid's.

    Args:
        public_keys: one key for all secrets, or a key for each, of any parameter sets; as objects or
            encoded.
        count: how many secrets to make for a single key.
        threads: how many threads work, 1 to 256.
        parameter_set: the name of the set of all encoded keys, or a name for each; omitted for loaded keys.
        progress: called between time slices with the number of secrets just made.

    Returns:
        The ciphertexts, `ciphertext_bytes` of the parameter set each, and the secrets. The ciphertexts are a list of
        bytes; for keys in an array of numpy, an array of n x size of uint8; for keys in a column of Arrow, a column of
        fixed_size_binary.

    Raises:
        BatchError: a key is closed, of a wrong length or not valid, a parameter set of a sequence is unknown, or the
            system returned no randomness.
        InvalidLengthError: the number of keys is not `count`.
        UnsupportedError: the single parameter set is unknown.
    """
    try:
        if progress is None and parameter_set is None:
            made = _small_batches.encapsulate(public_keys, count, threads)
            if made is not None:
                return made
        batch = Encapsulation(public_keys, count, threads, parameter_set)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del public_keys, count, threads, parameter_set  # perhaps keys as bytes
    return complete(batch, progress)  # type: ignore[no-any-return]


def decapsulate_many(
    private_keys: DecapsulationKeys, ciphertexts: Inputs, threads: int | None = None, *, progress: Progress = None
) -> SharedSecrets:
    """Recover the shared secrets of many ciphertexts: ML-KEM.Decaps (FIPS 203, 7.3), or a hybrid's.

    The secret of a tampered ciphertext is another, unpredictable one (implicit rejection), which is no error.

    Args:
        private_keys: one key for all ciphertexts, or a key for each, of any parameter sets.
        ciphertexts: the ciphertexts, `ciphertext_bytes` of the parameter set each.
        threads: how many threads work, 1 to 256.
        progress: called between time slices with the number of ciphertexts just opened.

    Returns:
        The secrets, 32 bytes each.

    Raises:
        BatchError: a ciphertext has the wrong length, or a point off the curve of its hybrid, a key is closed, or
            an item is null.
    """
    try:
        if progress is None and (made := _small_batches.decapsulate(private_keys, ciphertexts, threads)) is not None:
            return made
        batch = Decapsulation(private_keys, ciphertexts, threads)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del private_keys, ciphertexts, threads  # perhaps keys as bytes
    return complete(batch, progress)  # type: ignore[no-any-return]
