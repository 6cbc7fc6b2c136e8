# The types of the inputs and results of batches. For type checkers only: there is no such module when a program runs.

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc.composite import CompositeParameterSet, CompositePrivateKey
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey
from qynauth_pqc.mlkem import KEMPrivateKey, MLKEMParameterSet, MLKEMPrivateKey
from qynauth_pqc.native.inputs import BytesLike
from qynauth_pqc.xwing import XWingParameterSet, XWingPrivateKey

Progress: TypeAlias = Callable[[int], object] | None
SigningKeys: TypeAlias = SignaturePrivateKey | Sequence[SignaturePrivateKey]
DecapsulationKeys: TypeAlias = KEMPrivateKey | Sequence[KEMPrivateKey]

MLKEMSet: TypeAlias = MLKEMParameterSet | Literal["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
MLDSASet: TypeAlias = MLDSAParameterSet | Literal["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
XWingSet: TypeAlias = XWingParameterSet | Literal["X-Wing"]
CompositeSet: TypeAlias = (
    CompositeParameterSet
    | Literal[
        "MLDSA44-Ed25519-SHA512",
        "MLDSA44-ECDSA-P256-SHA256",
        "MLDSA65-ECDSA-P256-SHA512",
        "MLDSA65-ECDSA-P384-SHA512",
        "MLDSA65-Ed25519-SHA512",
        "MLDSA87-ECDSA-P384-SHA512",
    ]
)
PrivateKeys: TypeAlias = (
    list[MLKEMPrivateKey] | list[MLDSAPrivateKey] | list[XWingPrivateKey] | list[CompositePrivateKey]
)

# Objects that export Arrow's C data interface, as an array or a stream of arrays.

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

# What a batch returns, whatever its kind.
class Results(Protocol):
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> object: ...
    def __iter__(self) -> Iterator[object]: ...

# A pyarrow.FixedSizeBinaryArray or LargeBinaryArray, which have no types of their own.
class BinaryColumn(_ArrowArray, Results, Protocol):
    def to_pylist(self) -> list[bytes | None]: ...

Array: TypeAlias = NDArray[np.uint8] | NDArray[np.bytes_] | NDArray[np.void]
ByteArray: TypeAlias = NDArray[np.uint8]
Column: TypeAlias = _ArrowArray | _ArrowStream
Items: TypeAlias = BytesLike | Iterable[BytesLike]
# A bytes-like object for all items, several bytes-like objects, an array of numpy or a column of Arrow.
Inputs: TypeAlias = Array | Column | Items
VerifyingKeys: TypeAlias = SignaturePublicKey | Sequence[SignaturePublicKey] | Inputs
