"""The kinds of batches: the call of each in C, and its results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qynauth_pqc._keys.options import sign_flags
from qynauth_pqc._keys.parameter_sets import wrong_size
from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc._keys.slices import Batch, checked_count
from qynauth_pqc.batch._inputs import common_count, input_of
from qynauth_pqc.batch._keys import Keys, public_keys_of
from qynauth_pqc.batch._outputs import Verdicts, not_fixed, outputs_for
from qynauth_pqc.batch._shared_secrets import SharedSecrets
from qynauth_pqc.errors import expect
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey
from qynauth_pqc.native import ffi, lib
from qynauth_pqc.native.inputs import settled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from qynauth_pqc.batch._columns import Input


def _several(name: str, data: Any) -> Input:
    found = input_of(name, data)
    if found.count is None:
        raise TypeError(f"{name} must be a sequence, an array or a column, not {type(data).__name__}")
    return found


class _SignatureBatch(Batch):
    _contexts: Input
    _keys: Any

    def _detail(self, index: int, status: int) -> str:
        if status == lib.PQC_STATUS_CONTEXT_LENGTH:
            return f"expected at most {lib.MLDSA_MAXCONTEXTBYTES} bytes, got {self._contexts.size_of(index)}"
        return self._keys.detail(index, status)  # type: ignore[no-any-return]


class Verification(_SignatureBatch):
    """Signatures to be verified."""

    def __init__(
        self,
        public_keys: Any,
        messages: Any,
        signatures: Any,
        contexts: Any,
        threads: int | None,
        parameter_set: str | Sequence[str] | None,
    ) -> None:
        """Take the arguments of `verify_many`."""
        self._keys = public_keys_of(SignaturePublicKey, public_keys, parameter_set)
        self._messages, self._signatures = input_of("messages", messages), _several("signatures", signatures)
        self._contexts = input_of("contexts", b"" if contexts is None else contexts)
        inputs = self._keys, self._messages, self._signatures, self._contexts
        count = common_count({each.name: each.count for each in inputs})
        super().__init__(count, threads, inputs, self._keys.first_items)
        if self._signatures.one_size and self.count:
            self._refuse_varying()
        self._valid: list[bool | None] = [True] * self.count

    def _refuse_varying(self) -> None:
        """Refuse signatures of varying length in rows of one size, which do not show their end.

        If each item has its own key, only the items of such keys fail.
        """
        keys = self._keys
        for index in range(1 if keys.alike else self.count):
            chosen = keys.set_of(index)
            if chosen.signature_varies and index not in keys.refused:
                error = not_fixed(chosen)
                if keys.alike:
                    raise error
                self._signatures.refused[index] = error

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        inputs = self._keys, self._messages, self._contexts, self._signatures
        chunks = (each.chunk(begin, end) for each in inputs)
        return lib.pqc_verify_batch(*chunks, end - begin, self.threads, statuses)  # type: ignore[no-any-return]

    def _fail(self, index: int, status: int) -> None:
        if status == lib.PQC_STATUS_INVALID_SIGNATURE:
            self._valid[index] = False
        else:
            super()._fail(index, status)

    def _results(self) -> Verdicts:
        for index in self.errors:
            self._valid[index] = None
        return Verdicts(self._valid)  # type: ignore[arg-type]  # None is in the results of an error only


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
        sets = set(self._keys.sets)
        count = common_count({each.name: each.count for each in inputs})
        super().__init__(count, threads, inputs, self._keys.first_items)
        if len({each.first_items for each in sets}) > 1:
            self._most = self._next  # quick signatures do not predict the time of the slow ones after them
        self._flags = sign_flags(deterministic=deterministic)
        sizes = {each.signature_bytes for each in sets}
        varying = next((each for each in sets if each.signature_varies), None)
        # No method of this object: that would keep the object, and so the handles of keys, alive until a collection.
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

    def _fail(self, index: int, status: int) -> None:
        super()._fail(index, settled(status, self._messages.item(index), self._contexts.item(index)))

    def _results(self) -> Any:
        return self._outputs.result(self.errors)


class Encapsulation(Batch):
    """Shared secrets to be made."""

    def __init__(
        self, public_keys: Any, count: int | None, threads: int | None, parameter_set: str | Sequence[str] | None
    ) -> None:
        """Take the arguments of `encapsulate_many`."""
        keys = self._keys = public_keys_of(KEMPublicKey, public_keys, parameter_set)
        expect(count, (int, type(None)), "count")
        counts = {"public keys": keys.count, "count": count}
        total = checked_count(common_count(counts, "with a single key, count is required"))
        super().__init__(total, threads, [keys], keys.first_items)
        sizes = {each.ciphertext_bytes for each in set(keys.sets)}
        sizes_of = partial(keys.sizes, name="ciphertext_bytes")  # no method of this object, as above
        self._secrets = SharedSecrets._for(self.count, keys.memory_flags(), self.errors)
        self._outputs = outputs_for(keys.kind, self.count, sizes_of, sizes)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        outputs = self._outputs.chunk(begin, end), self._secrets._chunk(begin)
        return lib.pqc_encapsulate_batch(  # type: ignore[no-any-return]
            self._keys.chunk(begin, end), end - begin, self.threads, *outputs, statuses
        )

    def _detail(self, index: int, status: int) -> str:
        return self._keys.detail(index, status)

    def _results(self) -> tuple[Any, SharedSecrets]:
        return self._outputs.result(self.errors), self._secrets


class Decapsulation(Batch):
    """Ciphertexts to be opened."""

    def __init__(self, private_keys: Any, ciphertexts: Any, threads: int | None) -> None:
        """Take the arguments of `decapsulate_many`."""
        self._keys = Keys(KEMPrivateKey, private_keys, "private keys")
        self._ciphertexts = _several("ciphertexts", ciphertexts)
        inputs = self._keys, self._ciphertexts
        count = common_count({each.name: each.count for each in inputs})
        super().__init__(count, threads, inputs, self._keys.first_items)
        self._secrets = SharedSecrets._for(self.count, self._keys.memory_flags(), self.errors)

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        ciphertexts, secrets = self._ciphertexts.chunk(begin, end), self._secrets._chunk(begin)
        return lib.pqc_decapsulate_batch(  # type: ignore[no-any-return]
            *self._keys.chunk(begin, end), ciphertexts, end - begin, self.threads, secrets, statuses
        )

    def _detail(self, index: int, status: int) -> str:
        if status != lib.PQC_STATUS_CIPHERTEXT_LENGTH:
            return ""
        parameter_set = self._keys.set_of(index)
        return wrong_size(parameter_set.ciphertext_bytes, self._ciphertexts.size_of(index), parameter_set)

    def _results(self) -> SharedSecrets:
        return self._secrets
