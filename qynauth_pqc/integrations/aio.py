"""The batches of `qynauth_pqc.batch` for asyncio and trio (extra `[aio]`).

Each function has the arguments of its namesake and is awaited. Another thread does the work in time slices, so that the
event loop continues. A cancellation acts between two slices, within about 100 ms, and the results so far are wiped and
freed. After a cancellation by asyncio itself, as by `asyncio.wait_for`, the thread still ends its slice, and the inputs
stay held until then. `progress` is called in the event loop.

Single operations are not here: they take microseconds, less than passing them to another thread. Call them directly.

>>> import asyncio
>>> from qynauth_pqc import MLDSAPrivateKey
>>> from qynauth_pqc.integrations.aio import sign_many, verify_many
>>> async def main() -> list[bool]:
...     private_key = MLDSAPrivateKey.generate("ML-DSA-44")
...     return await verify_many(private_key.public_key, b"message", await sign_many(private_key, [b"message"] * 2))
>>> asyncio.run(main())
[True, True]
"""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING

from qynauth_pqc import batch as _batch
from qynauth_pqc._coroutines import no_condition
from qynauth_pqc._extras import extra
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.slices import later
from qynauth_pqc.errors import BatchError
from qynauth_pqc.native.inputs import bare

with extra("aio"):
    from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, ParamSpec, TypeVar, Unpack

    from qynauth_pqc._keys.slices import Batch
    from qynauth_pqc.batch._types import Progress
    from qynauth_pqc.options import KeyOptions

    K = TypeVar("K", bound=PrivateKey)
    P = ParamSpec("P")
    T = TypeVar("T")

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


def _awaited(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return the coroutine function for a function of `qynauth_pqc.batch`, with its arguments and results."""
    begin: Callable[..., Batch] = function  # type: ignore[assignment]  # as `later` makes it

    async def awaited(*arguments: Any, progress: Progress = None, **named: Any) -> Any:
        try:
            batch = begin(*arguments, progress=later, **named)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            raise bare(error)  # noqa: B904 - it is the same error
        finally:
            del arguments, named  # perhaps keys as bytes
        return await _complete(batch, progress)

    update_wrapper(awaited, function)
    awaited.__module__, awaited.__doc__ = __name__, f"See `qynauth_pqc.batch.{function.__name__}`."
    return awaited  # type: ignore[return-value]  # `begin` has the arguments P


verify_many = no_condition(_awaited(_batch.verify_many))
"""Check many signatures: see `qynauth_pqc.batch.verify_many`."""
sign_many = _awaited(_batch.sign_many)
"""Sign many messages: see `qynauth_pqc.batch.sign_many`."""
encapsulate_many = _awaited(_batch.encapsulate_many)
"""Make many shared secrets and their ciphertexts: see `qynauth_pqc.batch.encapsulate_many`."""
decapsulate_many = _awaited(_batch.decapsulate_many)
"""Recover the shared secrets of many ciphertexts: see `qynauth_pqc.batch.decapsulate_many`."""


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
        batch: Any = kind.generate_many(parameter_set, count, threads=threads, progress=later, **options)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        del kind, parameter_set, count, threads, options
        raise bare(error)  # noqa: B904 - it is the same error
    return await _complete(batch, progress)  # type: ignore[no-any-return]
