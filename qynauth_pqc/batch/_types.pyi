# The types of the inputs and results of batches. For type checkers only: there is no such module when a program runs.

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc.errors import Results
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.native.inputs import BytesLike

Progress: TypeAlias = Callable[[int], object] | None
SigningKeys: TypeAlias = SignaturePrivateKey | Sequence[SignaturePrivateKey]
DecapsulationKeys: TypeAlias = KEMPrivateKey | Sequence[KEMPrivateKey]
# The parameter sets of encoded keys: one name for all, or a name for each.
ParameterSets: TypeAlias = str | Sequence[str]

# Objects that export Arrow's C data interface, as an array or a stream of arrays.

class ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

class ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

# A pyarrow.FixedSizeBinaryArray or LargeBinaryArray; pyarrow has no types for them.
class BinaryColumn(ArrowArray, Results, Protocol):
    def to_pylist(self) -> list[bytes | None]: ...

Array: TypeAlias = NDArray[np.uint8] | NDArray[np.bytes_] | NDArray[np.void]
ByteArray: TypeAlias = NDArray[np.uint8]
Column: TypeAlias = ArrowArray | ArrowStream
Items: TypeAlias = BytesLike | Iterable[BytesLike]
# A bytes-like object for all items, several bytes-like objects, an array of numpy or a column of Arrow.
Inputs: TypeAlias = Array | Column | Items
VerifyingKeys: TypeAlias = SignaturePublicKey | Sequence[SignaturePublicKey] | Inputs
