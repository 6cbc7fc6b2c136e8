"""The kinds of batches: what each calls in C, and what it makes of the outcome."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from qynauth_pqc._ffi import lib
from qynauth_pqc._key import no_set_has, wrong_size
from qynauth_pqc.batch._batch import Batch, Keys
from qynauth_pqc.batch._columns import column_of, common_count
from qynauth_pqc.batch._rows import rows_for
from qynauth_pqc.batch._shared_secrets import SharedSecrets
from qynauth_pqc.errors import InvalidLengthError, UnsupportedError, expect
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.mu import sign_flags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from qynauth_pqc.batch._columns import Column, Kind

_CIPHERTEXT_BYTES = {each.public_key_bytes: each.ciphertext_bytes for each in MLKEMParameterSet}
"""The size of a ciphertext by that of the encoded key which it is made with."""


def _public_keys(kind: type[MLKEMPublicKey | MLDSAPublicKey], keys: Any) -> Keys | Column:
    """Return loaded keys as such, and encoded ones as a column, unless there is but one."""
    if isinstance(keys, kind) or (isinstance(keys, (list, tuple)) and (not keys or isinstance(keys[0], kind))):
        return Keys(kind, keys, "public keys")
    column = column_of("public keys", keys)
    return Keys(kind, kind.from_public_bytes(keys), "public keys") if column.count is None else column


def _ciphertext_sizes(keys: Column, begin: int, end: int) -> Iterable[int]:
    """Return the sizes of the ciphertexts for encoded keys, 0 for a key of no known size."""
    return (_CIPHERTEXT_BYTES.get(keys.size_of(index), 0) for index in range(begin, end))


def _any_set(parameter_set: MLKEMParameterSet | MLDSAParameterSet | str) -> MLDSAParameterSet:
    """Return a parameter set that is none of ML-KEM."""
    if isinstance(parameter_set, str) and parameter_set not in {each.value for each in MLDSAParameterSet}:
        msg = f"unknown parameter set: expected one of {', '.join((*MLKEMParameterSet, *MLDSAParameterSet))}"
        raise UnsupportedError(msg)
    return MLDSAParameterSet(parameter_set)


def _checked_count(count: Any) -> int:
    """Return a number of items.

    Raises:
        TypeError: it is no number.
        InvalidLengthError: it is below 0, or more than there can be objects.
    """
    expect(count, int, "count")
    number = int.__index__(count)  # a subclass may calculate otherwise, and memory is sized by this
    if not 0 <= number <= sys.maxsize:
        msg = f"count must be 0 to {sys.maxsize}: got {number}"
        raise InvalidLengthError(msg)
    return number


def _several(name: str, data: Any) -> Column:
    """Return an input of which each item has its own."""
    column = column_of(name, data)
    if column.count is None:
        msg = f"{name} must be a sequence, an array or a column, not one {type(data).__name__}"
        raise TypeError(msg)
    return column


class _MLDSABatch(Batch):
    """What signing and verifying have in common."""

    _contexts: Column

    def _detail(self, index: int, status: int) -> str:
        if status == lib.PQC_STATUS_CONTEXT_LENGTH:
            return f"expected at most {lib.MLDSA_MAXCONTEXTBYTES} bytes, got {self._contexts.size_of(index)}"
        return ""


class Verification(_MLDSABatch):
    """Signatures to be verified."""

    def __init__(self, public_keys: Any, messages: Any, signatures: Any, contexts: Any, threads: int | None) -> None:
        """Take the arguments of `verify_many`."""
        self._keys = _public_keys(MLDSAPublicKey, public_keys)
        self._messages, self._signatures = column_of("messages", messages), _several("signatures", signatures)
        self._contexts = column_of("contexts", b"" if contexts is None else contexts)
        inputs = self._keys, self._messages, self._signatures, self._contexts
        super().__init__(common_count(inputs), threads, inputs)
        self._valid: list[bool | None] = [True] * self.count

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        columns = self._messages.part(begin, end), self._contexts.part(begin, end), self._signatures.part(begin, end)
        items = end - begin, self.threads, statuses
        if isinstance(self._keys, Keys):
            return lib.mldsa_verify_batch(*self._keys.part(begin, end), *columns, *items)  # type: ignore[no-any-return]
        return lib.mldsa_verify_encoded_batch(0, self._keys.part(begin, end), *columns, *items)  # type: ignore[no-any-return]

    def _fail(self, index: int, status: int) -> None:
        if status == lib.PQC_STATUS_INVALID_SIGNATURE:
            self._valid[index] = False
        else:
            super()._fail(index, status)

    def _detail(self, index: int, status: int) -> str:
        if status == lib.PQC_STATUS_PUBLIC_KEY_LENGTH and not isinstance(self._keys, Keys):
            return no_set_has(MLDSAParameterSet, "public key", self._keys.size_of(index))
        return super()._detail(index, status)

    def _results(self) -> list[bool | None]:
        for index in self.errors:
            self._valid[index] = None
        return self._valid


class Signing(_MLDSABatch):
    """Messages to be signed."""

    def __init__(
        self, private_keys: Any, messages: Any, contexts: Any, threads: int | None, *, deterministic: bool
    ) -> None:
        """Take the arguments of `sign_many`."""
        self._keys = Keys(MLDSAPrivateKey, private_keys, "private keys")
        self._messages = column_of("messages", messages)
        self._contexts = column_of("contexts", b"" if contexts is None else contexts)
        inputs = self._keys, self._messages, self._contexts
        super().__init__(common_count(inputs), threads, inputs)
        self._flags = sign_flags(deterministic=deterministic)
        sizes = {parameter_set.signature_bytes for parameter_set in self._keys.parameter_sets()}
        # No method of this object, which would keep itself, and so the handles of keys, alive until a collection.
        sizes_of = partial(self._keys.sizes, name="signature_bytes")
        self._rows = rows_for(self._messages.kind, self.count, sizes_of, sizes)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        messages, contexts = self._messages.part(begin, end), self._contexts.part(begin, end)
        items = end - begin, self._flags, self.threads, self._rows.part(begin, end), statuses
        return lib.mldsa_sign_batch_into(*self._keys.part(begin, end), messages, contexts, *items)  # type: ignore[no-any-return]

    def _results(self) -> Any:
        return self._rows.result(self.errors)


class Encapsulation(Batch):
    """Shared secrets to be made."""

    def __init__(self, public_keys: Any, count: int | None, threads: int | None) -> None:
        """Take the arguments of `encapsulate_many`."""
        self._keys = _public_keys(MLKEMPublicKey, public_keys)
        super().__init__(_count_of(self._keys.count, count), threads, [self._keys])
        if isinstance(self._keys, Keys):
            kind: Kind = "list"
            locked, sizes = self._keys.memory_flags(), {each.ciphertext_bytes for each in self._keys.parameter_sets()}
            sizes_of = partial(self._keys.sizes, name="ciphertext_bytes")  # no method of this object, as above
        else:
            kind = self._keys.kind
            sizes_of = partial(_ciphertext_sizes, self._keys)
            locked, sizes = 0, set(sizes_of(0, self.count))
        self._secrets = SharedSecrets._room(self.count, locked, self.errors)
        self._rows = rows_for(kind, self.count, sizes_of, sizes)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        items = end - begin, self.threads, self._rows.part(begin, end), self._secrets._part(begin), statuses
        if isinstance(self._keys, Keys):
            return lib.mlkem_encapsulate_batch_into(*self._keys.part(begin, end), *items)  # type: ignore[no-any-return]
        return lib.mlkem_encapsulate_encoded_batch_into(0, self._keys.part(begin, end), *items)  # type: ignore[no-any-return]

    def _detail(self, index: int, status: int) -> str:
        if status == lib.PQC_STATUS_PUBLIC_KEY_LENGTH and not isinstance(self._keys, Keys):
            return no_set_has(MLKEMParameterSet, "public key", self._keys.size_of(index))
        return ""

    def _results(self) -> tuple[Any, SharedSecrets]:
        return self._rows.result(self.errors), self._secrets


def _count_of(keys: int | None, count: int | None) -> int:
    """Return how many secrets to make: as many as there are keys, or as many as were asked for."""
    expect(count, (int, type(None)), "count")
    if keys is None and count is None:
        msg = "one key serves all secrets: count must say how many to make"
        raise TypeError(msg)
    if keys is not None and count is not None and keys != count:
        msg = f"inputs of a batch have different numbers of items: {keys} (public keys), {count} (count)"
        raise InvalidLengthError(msg)
    return _checked_count(keys if keys is not None else count)


class Decapsulation(Batch):
    """Ciphertexts to be opened."""

    def __init__(self, private_keys: Any, ciphertexts: Any, threads: int | None) -> None:
        """Take the arguments of `decapsulate_many`."""
        self._keys = Keys(MLKEMPrivateKey, private_keys, "private keys")
        self._ciphertexts = _several("ciphertexts", ciphertexts)
        inputs = self._keys, self._ciphertexts
        super().__init__(common_count(inputs), threads, inputs)
        self._secrets = SharedSecrets._room(self.count, self._keys.memory_flags(), self.errors)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        ciphertexts, secrets = self._ciphertexts.part(begin, end), self._secrets._part(begin)
        return lib.mlkem_decapsulate_batch_into(  # type: ignore[no-any-return]
            *self._keys.part(begin, end), ciphertexts, end - begin, self.threads, secrets, statuses
        )

    def _detail(self, index: int, status: int) -> str:
        if status != lib.PQC_STATUS_CIPHERTEXT_LENGTH:
            return ""
        parameter_set = self._keys.parameter_set(index)
        return wrong_size(parameter_set.ciphertext_bytes, self._ciphertexts.size_of(index), parameter_set)

    def _results(self) -> SharedSecrets:
        return self._secrets


class Generation(Batch):
    """Key pairs to be made."""

    def __init__(
        self,
        parameter_set: MLKEMParameterSet | MLDSAParameterSet | str,
        count: int,
        threads: int | None,
        flags: int,
    ) -> None:
        """Take the arguments of `generate_many`."""
        super().__init__(_checked_count(count), threads, ())
        expect(parameter_set, str, "parameter set")
        is_mlkem = parameter_set in {each.value for each in MLKEMParameterSet}
        self._set: Any = MLKEMParameterSet(parameter_set) if is_mlkem else _any_set(parameter_set)
        self._kind: Any = MLKEMPrivateKey if is_mlkem else MLDSAPrivateKey
        self._function = lib.mlkem_keypair_generate_batch if is_mlkem else lib.mldsa_keypair_generate_batch
        self._flags = flags
        self._made: list[Any] = []

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        handles = self._kind._new_handle(end - begin)
        status: int = self._function(self._set.id, self._flags, end - begin, self.threads, handles.slot, statuses)
        own, made = self._kind._own, handles.split()
        self._made += [None if handle is None else own(handle, self._set) for handle in made]
        return status

    def _detail(self, _index: int, _status: int) -> str:
        return ""

    def _results(self) -> list[Any]:
        return self._made
