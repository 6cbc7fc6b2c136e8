"""The batches of `qynauth_pqc.batch` for asyncio and trio (extra `[aio]`).

Each function has the arguments of its namesake and is awaited. Another thread does the work in time slices, so that the
event loop continues. A cancellation acts between two slices, within about 100 ms, and the results so far are wiped and
freed. After a cancellation by asyncio itself, as by `asyncio.wait_for`, the thread still ends its slice, and the inputs
stay held until then. `progress` is called in the event loop.

Single operations are not here: they take microseconds, less than passing them to another thread. Call them directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from qynauth_pqc._coroutines import no_condition
from qynauth_pqc._extras import extra
from qynauth_pqc._keys.generation import Generation
from qynauth_pqc._keys.options import key_flags
from qynauth_pqc._keys.parameter_sets import member_of
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.batch._kinds import Decapsulation, Encapsulation, Signing, Verification
from qynauth_pqc.errors import BatchError
from qynauth_pqc.native.inputs import bare

with extra("aio"):
    from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeVar, Unpack

    from qynauth_pqc._keys.slices import Batch
    from qynauth_pqc.batch._shared_secrets import SharedSecrets
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
    from qynauth_pqc.batch._verdicts import Verdicts
    from qynauth_pqc.mlkem import KEMPublicKey
    from qynauth_pqc.options import KeyOptions

    K = TypeVar("K", bound=PrivateKey)

__all__ = ["BatchError", "decapsulate_many", "encapsulate_many", "generate_many", "sign_many", "verify_many"]


async def _complete(batch: Batch, progress: Progress) -> Any:
    """Process all items of a batch on another thread, and return its results."""
    try:
        while batch.done < batch.count:
            items = await to_thread.run_sync(batch.step)
            if progress is not None:
                progress(items)
    finally:
        batch.abandon()
    return batch.finish()


@no_condition
async def verify_many(  # noqa: PLR0913 - the inputs of each item, and how they are processed
    public_keys: VerifyingKeys,
    messages: Inputs,
    signatures: Inputs,
    contexts: Inputs | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets | None = None,
    progress: Progress = None,
) -> Verdicts:
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
    try:
        batch = Verification(public_keys, messages, signatures, contexts, threads, parameter_set)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del public_keys, messages, signatures, contexts, threads, parameter_set  # perhaps keys as bytes
    return await _complete(batch, progress)  # type: ignore[no-any-return]


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
    try:
        batch = Signing(private_keys, messages, contexts, threads, deterministic=deterministic)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del private_keys, messages, contexts, threads, deterministic  # perhaps keys as bytes
    return await _complete(batch, progress)  # type: ignore[no-any-return]


@overload
async def encapsulate_many(  # type: ignore[overload-overlap]
    public_keys: Array,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[ByteArray, SharedSecrets]: ...


@overload
async def encapsulate_many(
    public_keys: Column,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[BinaryColumn, SharedSecrets]: ...


@overload
async def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey],
    count: int | None = None,
    threads: int | None = None,
    *,
    progress: Progress = None,
) -> tuple[list[bytes], SharedSecrets]: ...


@overload
async def encapsulate_many(
    public_keys: Items,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets,
    progress: Progress = None,
) -> tuple[list[bytes], SharedSecrets]: ...


async def encapsulate_many(
    public_keys: KEMPublicKey | Sequence[KEMPublicKey] | Inputs,
    count: int | None = None,
    threads: int | None = None,
    *,
    parameter_set: ParameterSets | None = None,
    progress: Progress = None,
) -> tuple[list[bytes] | ByteArray | BinaryColumn, SharedSecrets]:
    """Make many shared secrets and their ciphertexts: see `qynauth_pqc.batch.encapsulate_many`."""
    try:
        batch = Encapsulation(public_keys, count, threads, parameter_set)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del public_keys, count, threads, parameter_set  # perhaps keys as bytes
    return await _complete(batch, progress)  # type: ignore[no-any-return]


async def decapsulate_many(
    private_keys: DecapsulationKeys, ciphertexts: Inputs, threads: int | None = None, *, progress: Progress = None
) -> SharedSecrets:
    """Recover the shared secrets of many ciphertexts: see `qynauth_pqc.batch.decapsulate_many`."""
    try:
        batch = Decapsulation(private_keys, ciphertexts, threads)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise bare(error)  # noqa: B904 - it is the same error
    finally:
        del private_keys, ciphertexts, threads  # perhaps keys as bytes
    return await _complete(batch, progress)  # type: ignore[no-any-return]


async def generate_many(
    kind: type[K],
    parameter_set: str,
    count: int,
    *,
    threads: int | None = None,
    progress: Progress = None,
    **options: Unpack[KeyOptions],
) -> list[K]:
    """Make many key pairs of a class, such as `MLKEMPrivateKey`, as its method `generate_many` does."""
    try:
        if not (isinstance(kind, type) and issubclass(kind, PrivateKey)):
            raise TypeError("kind must be a class of private keys, such as MLKEMPrivateKey")  # noqa: TRY301 - like errors of its calls
        chosen, flags = member_of(kind._sets, parameter_set), key_flags(options, "generate_many")
        batch = Generation(kind, chosen, count, threads, flags)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        del kind, parameter_set, count, threads, options
        raise bare(error)  # noqa: B904 - it is the same error
    return await _complete(batch, progress)  # type: ignore[no-any-return]
