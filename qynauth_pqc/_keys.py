"""What keys of all families have in common: a handle, a parameter set, and what may be done with them as objects."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from qynauth_pqc._buffers import new_memory, size_of
from qynauth_pqc._expect import expect
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.errors import ClosedError, InvalidKeyError, UnsupportedError, status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Literal, NoReturn, Self, TypeVar

    from qynauth_pqc._buffers import BytesLike, Lent, Memory
    from qynauth_pqc._native import Handle

    M = TypeVar("M", bound=Memory)
    P = TypeVar("P", bound="ParameterSet")
    Kind = Literal["public key", "private key", "seed"]


class ParameterSet(StrEnum):
    """Base of the two enums of parameter sets: strings that are the names of the standard.

    Attributes:
        id: the number by which the C interface knows the set.
        public_key_bytes: size of an encoded public key, in bytes.
        private_key_bytes: size of an expanded private key, in bytes.
        seed_bytes: size of a seed, in bytes.
    """

    id: int
    public_key_bytes: int
    private_key_bytes: int
    seed_bytes: int

    def __new__(cls, name: str) -> Self:
        """Make a member from the standard's name; the sizes come from the header's constants."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.id = int(name.rpartition("-")[2])
        member.public_key_bytes = member._constant("PUBLICKEYBYTES")
        member.private_key_bytes = member._constant("PRIVATEKEYBYTES")
        member.seed_bytes = getattr(lib, f"{name.rpartition('-')[0].replace('-', '')}_SEEDBYTES")
        return member

    def bytes_of(self, kind: Kind) -> int:
        """Return the size of something that a key is loaded from, in bytes."""
        return {"public key": self.public_key_bytes, "private key": self.private_key_bytes, "seed": self.seed_bytes}[
            kind
        ]

    def _constant(self, name: str) -> int:
        value: int = getattr(lib, f"{self.replace('-', '')}_{name}")
        return value

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        names = ", ".join(cls)
        if isinstance(value, str):
            msg = f"unknown parameter set: expected one of {names}"
            raise UnsupportedError(msg)
        msg = f"parameter set must be one of {names}, not of type {type(value).__name__}"
        raise TypeError(msg)


_CODE_PATHS: dict[str, int] = {
    "best": lib.PQC_KEY_BEST,
    "avx512": lib.PQC_KEY_AVX512,
    "avx2": lib.PQC_KEY_AVX2,
    "neon": lib.PQC_KEY_NEON,
    "portable": lib.PQC_KEY_PORTABLE,
}
_ENGINES: dict[str, int] = {"libcrux": lib.PQC_KEY_LIBCRUX, "simd": lib.PQC_KEY_SIMD}


def path_flag(code_path: str) -> int:
    """Return the flag of a code path, which is the same for a key and for the process.

    Raises:
        UnsupportedError: the code path is unknown.
    """
    expect(code_path, str, "code_path")
    if code_path not in _CODE_PATHS:
        msg = f"unknown code path: expected one of {', '.join(_CODE_PATHS)}"
        raise UnsupportedError(msg)
    return _CODE_PATHS[code_path]


def engine_flag(engine: str) -> int:
    """Return the flag of an engine, which is the same for a key and for the process.

    Raises:
        UnsupportedError: the engine is unknown.
    """
    expect(engine, str, "engine")
    if engine not in _ENGINES:
        msg = f"unknown engine: expected one of {', '.join(_ENGINES)}"
        raise UnsupportedError(msg)
    return _ENGINES[engine]


def key_flags(
    code_path: str | None,
    locked_memory: bool,  # noqa: FBT001 - all are always passed on
    engine: str | None,
    precompute: bool | None,  # noqa: FBT001
) -> int:
    """Return the flags of the C interface for what a key is asked to be.

    Raises:
        TypeError: one of them is of another type.
        UnsupportedError: the code path or the engine is unknown.
    """
    expect(locked_memory, bool, "locked_memory")
    flags: int = lib.PQC_KEY_LOCKED_MEMORY if locked_memory else 0
    if code_path is not None:
        flags |= path_flag(code_path)
    if engine is not None:
        flags |= engine_flag(engine)
    if precompute is not None:
        expect(precompute, bool, "precompute")
        flags |= lib.PQC_KEY_PRECOMPUTE if precompute else lib.PQC_KEY_NO_PRECOMPUTE
    return flags


def path_of_new_key(flags: int) -> str:
    """Return the name of the code path that a key made now with these flags will use.

    Raises:
        UnsupportedError: the processor or engine lacks the path, or QYNAUTH_PQC_ENGINE is no engine.
    """
    out = ffi.new("uint32_t *")
    status = lib.ffi_key_options(flags, out)
    if status:
        raise status_error(status)
    return name_of_flag(_CODE_PATHS, out[0])


def name_of_flag(names: dict[str, int], flags: int) -> str:
    """Return the name whose flag is among these."""
    return next(name for name, flag in names.items() if flags & flag)


def wrong_size(expected: int, actual: int, parameter_set: str) -> str:
    """Say which size a parameter set demands and which one was given, unless they are the same."""
    return "" if expected == actual else f"expected {expected} bytes for {parameter_set}, got {actual}"


def sign_flags(*, deterministic: bool) -> int:
    """Return the flags of the C interface for a signature.

    Raises:
        TypeError: `deterministic` is no bool.
    """
    if deterministic is False:
        return 0
    expect(deterministic, bool, "deterministic")
    return lib.MLDSA_SIGN_DETERMINISTIC  # type: ignore[no-any-return]


def size_detail(status: int, parameter_set: Any, context: BytesLike, signature: BytesLike = b"") -> str:
    """Say what is wrong with the length of a context or of a signature, if anything is."""
    if status == lib.PQC_STATUS_CONTEXT_LENGTH:
        return f"expected at most {lib.MLDSA_MAXCONTEXTBYTES} bytes, got {size_of(context)}"
    if status == lib.PQC_STATUS_INVALID_SIGNATURE:
        return wrong_size(parameter_set.signature_bytes, size_of(signature), parameter_set)
    return ""


def member_of(parameter_sets: type[P], wanted: P | str) -> P:
    """Return a parameter set that is given as itself or by its name.

    Raises:
        UnsupportedError: the wanted set is unknown.
    """
    # Calling an enum costs half a microsecond.
    if type(wanted) is parameter_sets:
        return wanted
    named: P | None = _by_name(parameter_sets).get(wanted) if type(wanted) is str else None
    # An enum hashes what it looks for, and a memoryview may refuse that with another error.
    return named or (parameter_sets(wanted) if isinstance(wanted, str) else parameter_sets._missing_(wanted))


@cache
def _by_name(parameter_sets: type[P]) -> dict[str, P]:
    return {str(each): each for each in parameter_sets}


def choose_set(parameter_sets: type[P], wanted: P | str | None, kind: Kind, data: Lent) -> P:
    """Return the wanted parameter set or, for None, the one whose keys of this kind are as long as what was lent.

    Raises:
        InvalidKeyError: no set has keys of this size.
        UnsupportedError: the wanted set is unknown.
    """
    if wanted is not None:
        return member_of(parameter_sets, wanted)
    actual = len(data)
    chosen: P | None = _by_size(parameter_sets, kind).get(actual)
    if chosen is None:
        msg = f"{kind} has the wrong length: {no_set_has(parameter_sets, kind, actual)}"
        raise InvalidKeyError(msg)
    return chosen


@cache
def _by_size(parameter_sets: type[P], kind: Kind) -> dict[int, P]:
    return {each.bytes_of(kind): each for each in parameter_sets}


def no_set_has(parameter_sets: type[P], kind: Kind, actual: int) -> str:
    """Say which sizes keys of this kind have, and which one was given."""
    expected = ", ".join(f"{each.bytes_of(kind)} ({each})" for each in parameter_sets)
    return f"expected {expected} bytes, got {actual}"


class Key:
    """A key of the C interface. Safe to use from many threads; ended by `close()`, `with` or garbage collection."""

    __slots__ = ("__weakref__", "_handle", "_parameter_set")

    # What a subclass is in C: what makes the slot for its handle, the type of an array, and what there is to ask it.
    _new_handle: Any
    _array_type: Any
    _options: Any
    _resident_bytes: Any

    _handle: Handle | None
    _parameter_set: Any

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: keys come from the class methods."""
        msg = f"{cls.__name__} objects are made by the class methods"
        raise TypeError(msg)

    @classmethod
    def _own(cls, handle: Handle, parameter_set: str) -> Self:
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        return key

    @classmethod
    def _load(cls, function: Any, parameter_set: ParameterSet, flags: int, data: Lent, kind: Kind) -> Self:
        """Make a key from bytes of some kind, which were lent, by one of the `*_from_*` functions."""
        handle = cls._new_handle()
        with data as (pointer, size):
            status = function(parameter_set.id, flags, pointer, size, handle.slot)
        if status:
            raise status_error(status, wrong_size(parameter_set.bytes_of(kind), size, parameter_set))
        return cls._own(handle, parameter_set)

    def _use(self) -> Handle:
        """Return the handle, to be called at once: in a variable, a traceback would keep a key that was closed."""
        handle = self._handle
        if handle is None:
            msg = f"{type(self).__name__} is closed"
            raise ClosedError(msg)
        return handle

    def _write(self, function: Any, kind: type[M]) -> M:
        """Return memory that one of the `*_bytes` functions has filled."""
        memory = new_memory(kind)
        status = self._use().call(function, memory._slot)
        if status:
            raise status_error(status)
        return memory

    @property
    def engine(self) -> str:
        """Whose implementation does the key's arithmetic: "libcrux" or "simd".

        Raises:
            ClosedError: the key was closed.
        """
        return self._option(_ENGINES)

    @property
    def code_path(self) -> str:
        """The instructions that the key's operations use: "avx512", "avx2" or "portable".

        Raises:
            ClosedError: the key was closed.
        """
        return self._option(_CODE_PATHS)

    @property
    def resident_bytes(self) -> int:
        """How many bytes the forms of the key take that are kept now.

        A key of the engine "simd", or one of "libcrux" from an expanded decapsulation key, grows when the form is made
        that its operations need, by default in its second use.

        Raises:
            ClosedError: the key was closed.
        """
        return self._tell(type(self)._resident_bytes, ffi.new("size_t *"))

    def _option(self, names: dict[str, int]) -> str:
        """Return which of the names the key was made with."""
        return name_of_flag(names, self._tell(type(self)._options, ffi.new("uint32_t *")))

    def _tell(self, function: Any, out: Any) -> int:
        """Return the number that a function tells of the key."""
        status = self._use().call(function, out)
        if status:
            raise status_error(status)
        return out[0]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Give the key up: it is wiped and freed when the last call that uses it returns. Again, it does nothing."""
        self._handle = None

    def __enter__(self) -> Self:
        """Return the key itself."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the key."""
        self.close()

    def __repr__(self) -> str:
        """Show the algorithm, never a byte of the key."""
        state = "" if self._handle is not None else ", closed"
        return f"<{type(self).__name__}: {self._parameter_set}{state}>"


class PublicKey(Key):
    """A key that is compared, hashed, copied and pickled by its encoding."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def from_public_bytes(cls, data: BytesLike) -> Self: ...

        def public_bytes(self) -> bytes: ...

    def __eq__(self, other: object) -> bool:
        """Compare the encodings, whose sizes tell the parameter sets of a family apart."""
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.public_bytes() == other.public_bytes()

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(self.public_bytes())

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        """Pickle the encoding."""
        return type(self).from_public_bytes, (self.public_bytes(),)


class PrivateKey(Key):
    """A key that may be neither copied nor pickled."""

    __slots__ = ("_public_key",)

    _public_key: Any

    @classmethod
    def _own(cls, handle: Handle, parameter_set: str) -> Self:
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        key._public_key = None
        return key

    @classmethod
    def _generate(cls, function: Any, parameter_sets: type[P], wanted: P | str, flags: int) -> Self:
        """Make a key by one of the `*_generate` functions."""
        parameter_set = member_of(parameter_sets, wanted)
        handle = cls._new_handle()
        status = function(parameter_set.id, flags, handle.slot)
        if status:
            raise status_error(status)
        # What `_own` does, without the frame of a call: this is the one hot path that makes keys.
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        key._public_key = None
        return key

    def _share_public_key(self, function: Any, public_key: type[PublicKey]) -> Any:
        """Return the public key, made when it is first asked for."""
        self._use()  # a closed key has no public key, also where one was made before
        shared = self._public_key
        if shared is None:
            public_handle = public_key._new_handle()
            status = self._use().call(function, public_handle.slot)
            if status:
                raise status_error(status)
            shared = self._public_key = public_key._own(public_handle, self._parameter_set)
        return shared

    def close(self) -> None:
        """Give the key up: it is wiped and freed when the last call that uses it returns. Again, it does nothing.

        Public keys that were taken from it stay usable.
        """
        super().close()
        self._public_key = None

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        msg = f"{type(self).__name__} cannot be pickled or copied: encode it if you must"
        raise TypeError(msg)
