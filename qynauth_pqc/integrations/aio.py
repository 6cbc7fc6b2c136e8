"""The batches of `qynauth_pqc.batch` for asyncio and trio (extra `[aio]`).

Each function has the arguments of its namesake and is awaited. Another thread does the work in time slices, so that
the event loop goes on; a cancellation acts between two slices, within about 100 ms, and the results so far are wiped
and freed. Where asyncio itself cancels, as `asyncio.wait_for` does, the thread ends its slice after that, for which the
inputs stay held. `progress` is called in the event loop.

Single operations are not here: they take microseconds, less than it costs to pass them to another thread.
Call them directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from qynauth_pqc._keys.options import key_flags
from qynauth_pqc.batch._kinds import Decapsulation, Encapsulation, Generation, Signing, Verification
from qynauth_pqc.errors import BatchError
from qynauth_pqc.integrations._extras import extra

with extra("aio"):
    from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Unpack

    from qynauth_pqc.batch._batch import Batch
    from qynauth_pqc.batch._shared_secrets import SharedSecrets
    from qynauth_pqc.batch._types import (
        Array,
        BinaryColumn,
        ByteArray,
        Column,
        CompositeSet,
        DecapsulationKeys,
        Inputs,
        Items,
        MLDSASet,
        MLKEMSet,
        PrivateKeys,
        Progress,
        SigningKeys,
        VerifyingKeys,
        XWingSet,
    )
    from qynauth_pqc.composite import CompositePrivateKey
    from qynauth_pqc.mldsa import MLDSAPrivateKey
    from qynauth_pqc.mlkem import KEMPublicKey, MLKEMPrivateKey
    from qynauth_pqc.options import KeyOptions
    from qynauth_pqc.xwing import XWingPrivateKey

__all__ = ["BatchError", "decapsulate_many", "encapsulate_many", "generate_many", "sign_many", "verify_many"]


async def _complete(batch: Batch, progress: Progress) -> Any:
    """Work on all items of a batch on another thread, and return its results."""
    try:
        while batch.done < batch.count:
            items = await to_thread.run_sync(batch.step)
            if progress is not None:
                progress(items)
    finally:
        batch.abandon()
    return batch.finish()


async def verify_many(
    public_keys: VerifyingKeys,
    messages: Inputs,
    signatures: Inputs,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> list[bool]:
    """Check many signatures: see `qynauth_pqc.batch.verify_many`.

    >>> import asyncio
    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> from qynauth_pqc.integrations.aio import sign_many, verify_many
    >>> async def main() -> list[bool]:
    ...     private_key = MLDSAPrivateKey.generate("ML-DSA-44")
    ...     return await verify_many(private_key.public_key, b"message", await sign_many(private_key, [b"message"] * 2))
    >>> asyncio.run(main())
    [True, True]
    """
    return await _complete(Verification(public_keys, messages, signatures, contexts, threads), progress)  # type: ignore[no-any-return]


@overload
async def sign_many(  # type: ignore[overload-overlap]
    private_keys: SigningKeys,
    messages: Array,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> ByteArray: ...


@overload
async def sign_many(
    private_keys: SigningKeys,
    messages: Column,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> BinaryColumn: ...


@overload
async def sign_many(
    private_keys: SigningKeys,
    messages: Items,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> list[bytes]: ...


async def sign_many(
    private_keys: SigningKeys,
    messages: Inputs,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    deterministic: bool = False,
    progress: Progress = None,
) -> list[bytes] | ByteArray | BinaryColumn:
    """Sign many messages: see `qynauth_pqc.batch.sign_many`."""
    return await _complete(  # type: ignore[no-any-return]
        Signing(private_keys, messages, contexts, threads, deterministic=deterministic), progress
    )


@overload
async def encapsulate_many(  # type: ignore[overload-overlap]
    public_keys: Array,
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[ByteArray, SharedSecrets]: ...


@overload
async def encapsulate_many(
    public_keys: Column,
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[BinaryColumn, SharedSecrets]: ...


@overload
async def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey] | Items,
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[list[bytes], SharedSecrets]: ...


async def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey] | Inputs,
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[list[bytes] | ByteArray | BinaryColumn, SharedSecrets]:
    """Make many shared secrets and their ciphertexts: see `qynauth_pqc.batch.encapsulate_many`."""
    return await _complete(Encapsulation(public_keys, count, threads), progress)  # type: ignore[no-any-return]


async def decapsulate_many(
    private_keys: DecapsulationKeys, ciphertexts: Inputs, threads: int | None = None, *, progress: Progress = None
) -> SharedSecrets:
    """Recover the shared secrets of many ciphertexts: see `qynauth_pqc.batch.decapsulate_many`."""
    return await _complete(Decapsulation(private_keys, ciphertexts, threads), progress)  # type: ignore[no-any-return]


@overload
async def generate_many(  # type: ignore[overload-overlap]
    parameter_set: MLKEMSet,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> list[MLKEMPrivateKey]: ...


@overload
async def generate_many(  # type: ignore[overload-overlap]
    parameter_set: MLDSASet,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> list[MLDSAPrivateKey]: ...


@overload
async def generate_many(  # type: ignore[overload-overlap]
    parameter_set: XWingSet,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> list[XWingPrivateKey]: ...


@overload
async def generate_many(
    parameter_set: CompositeSet,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> list[CompositePrivateKey]: ...


@overload
async def generate_many(
    parameter_set: str,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> PrivateKeys: ...


async def generate_many(
    parameter_set: str,
    count: int,
    threads: int | None = None,
    *,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> PrivateKeys:
    """Make many key pairs: see `qynauth_pqc.batch.generate_many`."""
    return await _complete(  # type: ignore[no-any-return]
        Generation(parameter_set, count, threads, key_flags(options, "generate_many")), progress
    )
