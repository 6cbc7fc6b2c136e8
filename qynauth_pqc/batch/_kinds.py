"""The kinds of batches: the call of each in C, and its results."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import ROWS, no_set_has, wrong_size
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc.batch._batch import Batch, Keys
from qynauth_pqc.batch._inputs import common_count, input_of
from qynauth_pqc.batch._outputs import not_fixed, outputs_for
from qynauth_pqc.batch._shared_secrets import SharedSecrets
from qynauth_pqc.errors import InvalidLengthError, UnsupportedError, expect, status_error
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey
from qynauth_pqc.mu import sign_flags
from qynauth_pqc.native import ffi, lib, new_private_key
from qynauth_pqc.native.inputs import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.batch._inputs import Input, Kind


class _PublicKeys:
    """The public keys of a batch, as handles or encodings."""

    def __init__(self, kind: type[KEMPublicKey | SignaturePublicKey], keys: Any) -> None:
        """Take loaded keys, or encoded ones as an input; a single encoded key is loaded."""
        self.sets: list[Any] = [each for _, each in loadable(kind)]
        self._by_size = {each.public_key_bytes: each for each in self.sets}
        self._struct = ffi.new("PqcPublicKeys *")
        if isinstance(keys, kind) or (isinstance(keys, (list, tuple)) and (not keys or isinstance(keys[0], kind))):
            self.keys: Keys | Input = Keys(kind, keys, "public keys")
        elif (encoded := input_of("public keys", keys)).count is None:
            sizes, actual = {each.public_key_bytes: found for found, each in loadable(kind)}, size_of(keys)
            if actual not in sizes:
                msg = no_set_has(self.sets, "public key", actual)
                raise status_error(lib.PQC_STATUS_PUBLIC_KEY_LENGTH, msg)
            self.keys = Keys(kind, sizes[actual].from_public_bytes(keys), "public keys")
        else:
            self.keys = encoded

    def chunk(self, begin: int, end: int) -> Any:
        """Return the keys of the items from `begin` to before `end` as a `PqcPublicKeys *`, until the next chunk."""
        if isinstance(self.keys, Keys):
            self._struct.handles, self._struct.handle_count = self.keys.chunk(begin, end)
        else:
            self._struct.encodings = self.keys.chunk(begin, end)[0]
        return self._struct

    @property
    def alike(self) -> bool:
        """Whether one parameter set serves all items: that of one key, or of encodings of one size."""
        return self.keys.count is None or (not isinstance(self.keys, Keys) and self.keys.one_size)

    def set_of(self, index: int) -> ParameterSet | None:
        """Return the parameter set of the key of an item, None for an encoding that is as long as no key."""
        if isinstance(self.keys, Keys):
            return self.keys.parameter_set(index)  # type: ignore[no-any-return]
        return self._by_size.get(self.keys.size_of(index))

    def detail(self, index: int, status: int) -> str:
        """Return what is wrong with the length of an encoding."""
        if status != lib.PQC_STATUS_PUBLIC_KEY_LENGTH or isinstance(self.keys, Keys):
            return ""
        return no_set_has(self.sets, "public key", self.keys.size_of(index))


def _ciphertext_sizes(sets: dict[int, int], keys: Input, begin: int, end: int) -> Iterable[int]:
    """Return the sizes of the ciphertexts for encoded keys, 0 for a key of no known size."""
    return (sets.get(keys.size_of(index), 0) for index in range(begin, end))


def _checked_count(count: Any) -> int:
    """Return a number of items."""
    expect(count, int, "count")
    number = int.__index__(count)  # a subclass may calculate otherwise, and memory is sized by this
    if not 0 <= number <= sys.maxsize:
        raise InvalidLengthError(f"count must be 0 to {sys.maxsize}: got {number}")
    return number


def _several(name: str, data: Any) -> Input:
    """Return an input that has a row for each item."""
    found = input_of(name, data)
    if found.count is None:
        raise TypeError(f"{name} must be a sequence, an array or a column, not {type(data).__name__}")
    return found


def _varies(parameter_set: ParameterSet) -> bool:
    return parameter_set.signature_varies


class _SignatureBatch(Batch):
    """What signing and verifying have in common."""

    _contexts: Input

    def _detail(self, index: int, status: int) -> str:
        if status == lib.PQC_STATUS_CONTEXT_LENGTH:
            return f"expected at most {lib.MLDSA_MAXCONTEXTBYTES} bytes, got {self._contexts.size_of(index)}"
        return ""


class Verification(_SignatureBatch):
    """Signatures to be verified."""

    def __init__(self, public_keys: Any, messages: Any, signatures: Any, contexts: Any, threads: int | None) -> None:
        """Take the arguments of `verify_many`."""
        self._public_keys = _PublicKeys(SignaturePublicKey, public_keys)
        self._messages, self._signatures = input_of("messages", messages), _several("signatures", signatures)
        self._contexts = input_of("contexts", b"" if contexts is None else contexts)
        inputs = self._public_keys.keys, self._messages, self._signatures, self._contexts
        super().__init__(common_count(inputs), threads, inputs)
        if self._signatures.one_size and self.count:
            self._refuse_varying()
        self._valid: list[bool | None] = [True] * self.count

    def _refuse_varying(self) -> None:
        """Refuse signatures whose end a row of one size does not show.

        Where each item has its own key, one key that makes such signatures spoils no other item.
        """
        keys = self._public_keys
        for index in range(1 if keys.alike else self.count):
            chosen = keys.set_of(index)
            if chosen is not None and chosen.signature_varies:
                error = not_fixed(chosen)
                if keys.alike:
                    raise error
                self._signatures.refused[index] = error

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        inputs = self._public_keys, self._messages, self._contexts, self._signatures
        chunks = (each.chunk(begin, end) for each in inputs)
        return lib.pqc_verify_batch(*chunks, end - begin, self.threads, statuses)  # type: ignore[no-any-return]

    def _fail(self, index: int, status: int) -> None:
        if status == lib.PQC_STATUS_INVALID_SIGNATURE:
            self._valid[index] = False
        else:
            super()._fail(index, status)

    def _detail(self, index: int, status: int) -> str:
        return self._public_keys.detail(index, status) or super()._detail(index, status)

    def _results(self) -> list[bool | None]:
        for index in self.errors:
            self._valid[index] = None
        return self._valid


class Signing(_SignatureBatch):
    """Messages to be signed."""

    def __init__(
        self, private_keys: Any, messages: Any, contexts: Any, threads: int | None, *, deterministic: bool
    ) -> None:
        """Take the arguments of `sign_many`."""
        self._keys = Keys(SignaturePrivateKey, private_keys, "private keys")
        self._messages = input_of("messages", messages)
        self._contexts = input_of("contexts", b"" if contexts is None else contexts)
        inputs = self._keys, self._messages, self._contexts
        super().__init__(common_count(inputs), threads, inputs)
        self._flags = sign_flags(deterministic=deterministic)
        sets = self._keys.parameter_sets()
        sizes, varying = {each.signature_bytes for each in sets}, next(filter(_varies, sets), None)
        # No method of this object, which would keep itself, and so the handles of keys, alive until a collection.
        sizes_of = partial(self._keys.sizes, name="signature_bytes")
        self._outputs = outputs_for(self._messages.kind, self.count, sizes_of, sizes, varying)
        self._lens = ffi.new("size_t[]", 0)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        if len(self._lens) < end - begin:
            self._lens = ffi.new("size_t[]", end - begin)
        messages, contexts = self._messages.chunk(begin, end), self._contexts.chunk(begin, end)
        items = end - begin, self._flags, self.threads, self._outputs.chunk(begin, end, self._lens), statuses
        status: int = lib.pqc_sign_batch(*self._keys.chunk(begin, end), messages, contexts, *items)
        self._outputs.shorten(begin, ffi.unpack(self._lens, end - begin))
        return status

    def _results(self) -> Any:
        return self._outputs.result(self.errors)


class Encapsulation(Batch):
    """Shared secrets to be made."""

    def __init__(self, public_keys: Any, count: int | None, threads: int | None) -> None:
        """Take the arguments of `encapsulate_many`."""
        self._public_keys = _PublicKeys(KEMPublicKey, public_keys)
        keys = self._public_keys.keys
        super().__init__(_count_of(keys.count, count), threads, [keys])
        # No method of this object, as above.
        if isinstance(keys, Keys):
            kind: Kind = "list"
            locked, sizes = keys.memory_flags(), {each.ciphertext_bytes for each in keys.parameter_sets()}
            sizes_of = partial(keys.sizes, name="ciphertext_bytes")
        else:
            by_key = {each.public_key_bytes: each.ciphertext_bytes for each in self._public_keys.sets}
            kind, sizes_of = keys.kind, partial(_ciphertext_sizes, by_key, keys)
            locked, sizes = 0, set(sizes_of(0, self.count))
        self._secrets = SharedSecrets._for(self.count, locked, self.errors)
        self._outputs = outputs_for(kind, self.count, sizes_of, sizes)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        outputs = self._outputs.chunk(begin, end), self._secrets._chunk(begin)
        return lib.pqc_encapsulate_batch(  # type: ignore[no-any-return]
            self._public_keys.chunk(begin, end), end - begin, self.threads, *outputs, statuses
        )

    def _detail(self, index: int, status: int) -> str:
        return self._public_keys.detail(index, status)

    def _results(self) -> tuple[Any, SharedSecrets]:
        return self._outputs.result(self.errors), self._secrets


def _count_of(keys: int | None, count: int | None) -> int:
    """Return how many secrets to make: one for each key, or `count` for the one key."""
    expect(count, (int, type(None)), "count")
    if keys is None and count is None:
        raise TypeError("with a single key, count is required")
    if keys is not None and count is not None and keys != count:
        msg = f"inputs of a batch have different numbers of items: {keys} (public keys), {count} (count)"
        raise InvalidLengthError(msg)
    return _checked_count(keys if keys is not None else count)


class Decapsulation(Batch):
    """Ciphertexts to be opened."""

    def __init__(self, private_keys: Any, ciphertexts: Any, threads: int | None) -> None:
        """Take the arguments of `decapsulate_many`."""
        self._keys = Keys(KEMPrivateKey, private_keys, "private keys")
        self._ciphertexts = _several("ciphertexts", ciphertexts)
        inputs = self._keys, self._ciphertexts
        super().__init__(common_count(inputs), threads, inputs)
        self._secrets = SharedSecrets._for(self.count, self._keys.memory_flags(), self.errors)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        ciphertexts, secrets = self._ciphertexts.chunk(begin, end), self._secrets._chunk(begin)
        return lib.pqc_decapsulate_batch(  # type: ignore[no-any-return]
            *self._keys.chunk(begin, end), ciphertexts, end - begin, self.threads, secrets, statuses
        )

    def _detail(self, index: int, status: int) -> str:
        if status != lib.PQC_STATUS_CIPHERTEXT_LENGTH:
            return ""
        parameter_set = self._keys.parameter_set(index)
        return wrong_size(parameter_set.ciphertext_bytes, self._ciphertexts.size_of(index), parameter_set)

    def _results(self) -> SharedSecrets:
        return self._secrets


def class_and_set(parameter_set: str) -> tuple[type[PrivateKey], ParameterSet]:
    """Return the class of keys of a parameter set, and the set itself."""
    expect(parameter_set, str, "parameter set")
    row = ROWS.get(parameter_set)
    if row is None:
        raise UnsupportedError(f"unknown parameter set: expected one of {', '.join(ROWS)}")
    return PrivateKey._loadable[row.algorithm]


class Generation(Batch):
    """Key pairs to be made."""

    def __init__(self, parameter_set: str, count: int, threads: int | None, flags: int) -> None:
        """Take the arguments of `generate_many`."""
        super().__init__(_checked_count(count), threads, ())
        self._class, self._set = class_and_set(parameter_set)
        self._flags = flags
        self._made: list[Any] = []

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        handles, count = new_private_key(end - begin), end - begin
        status: int = lib.pqc_private_key_generate_batch(
            self._set.id, self._flags, count, self.threads, handles.slot, statuses
        )
        own, made = self._class._own, handles.split()
        self._made += [None if handle is None else own(handle, self._set) for handle in made]
        return status

    def _detail(self, _index: int, _status: int) -> str:
        return ""

    def _results(self) -> list[Any]:
        return self._made
