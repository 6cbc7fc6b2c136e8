"""The base of keys of all families: their handle, their options, and their behaviour as objects."""

from __future__ import annotations

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.options import CODE_PATHS, key_flags, name_of_flag
from qynauth_pqc._keys.parameter_sets import OFFERED, ROWS, encoded_hint, wrong_size
from qynauth_pqc.errors import ClosedError, InvalidKeyError, WrongAlgorithmError, expect
from qynauth_pqc.native import check, close_handle, engine, ffi, lib, status_error
from qynauth_pqc.native.inputs import size_of, without_frames
from qynauth_pqc.native.secret_bytes import Closable

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Generic, NoReturn, Self

    from typing_extensions import TypeVar

    from qynauth_pqc._keys.parameter_sets import Kind, ParameterSet
    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.native.secret_bytes import SecretBytes
    from qynauth_pqc.options import KeyOptions

    # The names of parameter sets that a class takes. Covariant, so that keys of a family are keys: no base class makes
    # one.
    Name = TypeVar("Name", bound=str, default=str, covariant=True)  # noqa: PLC0105 - it is in signatures that users see
    CryptographyKey = TypeVar("CryptographyKey", default=object)  # with a default, since Name before it has one
    K = TypeVar("K", bound="Key")


_Function: Any = type(lambda: None)  # types.FunctionType, without an import

ENCODINGS: dict[str, int] = {"PEM": lib.PQC_ENCODING_PEM, "DER": lib.PQC_ENCODING_DER}
"""The names of the encodings of a key file, and their numbers."""


def cryptography_keys() -> ModuleType:
    """Return the module for keys of `cryptography`, which needs an extra."""
    with extra("x509", "keys of cryptography need {} 50 or newer", "cryptography"):
        from qynauth_pqc._keys import cryptography_keys as module  # the package must import without the extra
    return module


def save_encoded(path: StrPath, encoded: bytes | SecretBytes, *, secret: bool, overwrite: bool) -> None:
    """Write an encoded key to a file."""
    from qynauth_pqc._keys.writing import NewFile, write_files  # few programs need it

    expect(overwrite, bool, "overwrite")
    write_files([NewFile(path, encoded, secret)], overwrite=overwrite, hint="overwrite=True")


if TYPE_CHECKING:

    class Named(Generic[Name]):
        """A class that takes the names of parameter sets as a type argument, for type checkers alone."""

    class WithCryptographyKey(Generic[CryptographyKey]):
        """A class that takes the type of its keys in `cryptography` as a type argument, likewise."""

else:

    class Named:
        """As above."""

        __slots__ = ()

        def __class_getitem__(cls, _names: object) -> type:
            """Return the class itself."""
            return cls

    WithCryptographyKey = Named


class SeveralFamiliesError(AttributeError, TypeError):
    """A class of several families makes no key.

    It is a `TypeError` for the caller, and an `AttributeError` for `hasattr`, `inspect` and mocks, which read every
    attribute of a class.
    """


class _OfOneFamily:
    """An attribute of the classes of one family, in a class of several families."""

    __slots__ = ()

    def __get__(self, _key: Key | None, kind: type[Key]) -> NoReturn:
        names = dict.fromkeys(each.__name__ for each, _ in kind._loadable.values() if issubclass(each, kind))
        raise SeveralFamiliesError(
            f"{kind.__name__} is for keys of several families: use {' or '.join(names)}; "
            f"{kind._loader}() reads PEM and DER of every family",
            name=None,  # or Python appends an attribute with a similar name
        )


of_one_family: Any = _OfOneFamily()


class Key(Closable, Named["Name"]):
    """A key of the C interface. Safe to use from many threads; freed by `close()`, `with` or garbage collection."""

    __slots__ = ("__weakref__", "_handle", "_parameter_set")

    _sets: type[ParameterSet] = of_one_family
    _loadable: dict[int, tuple[type[Any], Any]]
    _loader: str
    _array_type: Any
    _keeps_gil = False  # whether short operations release the GIL: waiting for it would take longer
    _options_of: Any
    _resident_bytes_of: Any

    _handle: Handle | None
    _parameter_set: Any

    def __init_subclass__(cls) -> None:
        """Register the class for the keys of its parameter sets that are loaded from an encoding."""
        sets = cls.__dict__.get("_sets", ())
        for each in sets:
            cls._loadable[each.id] = cls, each
        if sets:
            _own_methods(cls)

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse: keys come from the class methods."""
        raise TypeError(f"{cls.__name__} has no constructor; use its class methods")

    @classmethod
    def _own(cls, handle: Handle, parameter_set: ParameterSet) -> Self:
        key = object.__new__(cls)
        key._handle = handle
        key._parameter_set = parameter_set
        return key

    @classmethod
    def _flags(cls, options: KeyOptions, method: str) -> int:
        return key_flags(options, f"{cls.__name__}.{method}") if options else 0

    @classmethod
    def _load(cls, load: Any, parameter_set: ParameterSet, flags: int, data: BytesLike, kind: Kind) -> Self:
        handle = load(parameter_set.id, flags, data, cls._keeps_gil)
        if not isinstance(handle, int):
            return cls._own(handle, parameter_set)
        if handle == lib.PQC_STATUS_KEY_ENCODING:  # because its message is about PKCS#8
            raise InvalidKeyError(f"classical half of the {kind} is not ECPrivateKey in DER, or names another curve")
        wrong = wrong_size(parameter_set.bytes_of(kind), size_of(data), parameter_set)
        raise status_error(handle, wrong and wrong + encoded_hint(data))

    def _use(self) -> Handle:
        """Return the handle for one immediate call: a traceback would keep a closed key that is in a variable."""
        handle = self._handle
        if handle is None:
            raise ClosedError(f"{type(self).__name__} is closed")
        return handle

    @property
    def parameter_set(self) -> ParameterSet:
        """The parameter set of the key."""
        return self._parameter_set  # type: ignore[no-any-return]

    @property
    def engine(self) -> str:
        """The engine of this build, which does the key's arithmetic: "simd"."""
        self._use()
        return engine()

    @property
    def code_path(self) -> str:
        """The instructions that the key's operations use: "avx512", "avx2", "neon-sha3", "neon" or "portable"."""
        return name_of_flag(CODE_PATHS, self._number(self._options_of, ffi.new("uint32_t *")))

    @property
    def resident_bytes(self) -> int:
        """The memory that the kept forms of the key use now, in bytes.

        A key grows when it makes the form that its operations need, by default in its second use, or for an ML-DSA
        private key when it is loaded.
        """
        return self._number(self._resident_bytes_of, ffi.new("size_t *"))

    def _number(self, function: Any, out: Any) -> int:
        """Return the number that a function of the C interface reports about the key."""
        check(self._use().call(function, out))
        return out[0]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the key: it is wiped and freed when the last call that uses it returns. A second call does nothing."""
        handle, self._handle = self._handle, None
        close_handle(handle)

    def __repr__(self) -> str:
        """Show the algorithm, never a byte of the key."""
        state = "" if self._handle is not None else ", closed"
        return f"<{type(self).__name__}: {self._parameter_set}{state}>"


def _own_methods(cls: type[Key]) -> None:
    """Copy the methods that a class of one family inherits: Python's errors about arguments name a function's class."""
    nearest = {name: method for base in reversed(cls.__mro__) for name, method in vars(base).items()}
    for name, method in nearest.items():
        function = method.__func__ if isinstance(method, classmethod) else method
        if name.startswith("_") or name in vars(cls) or not isinstance(function, _Function):
            continue
        inner: Any = getattr(function, "__wrapped__", None)
        copy: Any = _renamed(inner or function, cls)
        if inner is not None:
            copy = without_frames(copy)
        setattr(cls, name, classmethod(copy) if isinstance(method, classmethod) else copy)


def _renamed(function: Any, cls: type) -> Any:
    name = function.__name__
    copy = _Function(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    copy.__kwdefaults__, copy.__annotations__ = function.__kwdefaults__, function.__annotations__
    copy.__module__, copy.__qualname__ = cls.__module__, f"{cls.__name__}.{name}"
    return copy


def of_class(kind: type[K], key: Any) -> K:
    """Return a loaded key if it is of the given class; close it otherwise, and name its class."""
    if isinstance(key, kind):
        return key
    key.close()
    found = type(key).__name__
    raise WrongAlgorithmError(f"expected a key of {kind.__name__}, got {key.parameter_set}: use {found}.load()")


def loadable(kind: type[Key]) -> list[tuple[type[Any], Any]]:
    """Return each class of keys of a kind with each parameter set of this build, in the order of the table."""
    every = (kind._loadable[ROWS[name].algorithm] for name in OFFERED)
    return [each for each in every if issubclass(each[0], kind)]
