r"""What an add-on needs: a package with another format, or with a service, on top of the keys of this package.

PROVISIONAL: a minor version may change or remove these names, and the changelog says so. `qynauth_pqc.ssh`, `.dsse`,
`.cms` and `.auth` are written with them and with the other public names, and use nothing private of the core.

| Need | Names |
|---|---|
| inputs that C reads where they are | `BytesLike`, `input_memory`, `size_of` |
| secrets | `Closable`, `join_secret`, `wipe`; `qynauth_pqc.SecretBytes` |
| errors whose frames show no secret | `without_frames`, `without_own_frames`, `bare` |
| coroutines that verify | `no_condition` |
| paths | `StrPath`, `path_of`, `open_path` |
| files that are read whole | `read_public`, `SecretInput` |
| files that are written together, devices | `NewFile`, `write_files`, `write_device` |
| packages of an extra | `extra`, `install_command` |
| strict base64 | `from_base64`, `from_base64url`, `to_base64url` |
| other strict texts | `decode_json`, `parse_toml` |
| keys of a kind | `loadable`, `ParameterSet` |
| signatures, keys of Ed25519, digests | `is_valid`, `check_ed25519_public`, `Hasher` |
| keys in JWK | `parse_jwk`, `check_jwk_purpose` |
| members of a JWK | `jwk_bytes`, `jwk_thumbprint` |
| sets of keys in JWK | `read_jwk_set`, `LONGEST_JWK_SET`, `MOST_JWKS` |
| a signer that a caller does not name | `ANYONE`, `Anyone` |
| commands for keys, signatures and files | `qynauth_pqc.extend.command` |
| other programs | `open_streams`, `write_output`, `write_error` |

Names that few programs need are imported when they are used.

>>> from qynauth_pqc.extend import input_memory, without_own_frames
>>> @without_own_frames
... def line(password: bytes) -> int:
...     return bytes(input_memory(password, "password")).count(b"\n")
>>> line("secret")
Traceback (most recent call last):
TypeError: password must be bytes, bytearray or memoryview, not str
"""

from __future__ import annotations

import os
from importlib import import_module

from qynauth_pqc._extras import extra, install_command
from qynauth_pqc._keys.digests import Hasher
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.native import Memory
from qynauth_pqc.native.inputs import bare, input_memory, size_of, without_frames, without_own_frames
from qynauth_pqc.native.secret_bytes import Closable, join_secret

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc._anyone import ANYONE, Anyone
    from qynauth_pqc._coroutines import no_condition
    from qynauth_pqc._keys.base64 import from_base64, from_base64url, to_base64url
    from qynauth_pqc._keys.jwk import bytes_of as jwk_bytes
    from qynauth_pqc._keys.jwk import check_purpose as check_jwk_purpose
    from qynauth_pqc._keys.jwk import parse as parse_jwk
    from qynauth_pqc._keys.jwk import thumbprint_of as jwk_thumbprint
    from qynauth_pqc._keys.paths import SecretInput, StrPath, open_path, path_of, read_public, wipe
    from qynauth_pqc._keys.strict_json import decode as decode_json
    from qynauth_pqc._keys.writing import NewFile, write_device, write_files
    from qynauth_pqc._program import open_streams, write_error, write_output
    from qynauth_pqc.formats._ed25519 import check_public as check_ed25519_public
    from qynauth_pqc.formats._jwks import LONGEST_SET as LONGEST_JWK_SET
    from qynauth_pqc.formats._jwks import MOST_KEYS as MOST_JWKS
    from qynauth_pqc.formats._jwks import read_set as read_jwk_set
    from qynauth_pqc.formats._toml import parse as parse_toml
    from qynauth_pqc.native.inputs import BytesLike
else:
    BytesLike = bytes | bytearray | memoryview | Memory
    StrPath = str | os.PathLike

__all__ = ["BytesLike", "Closable", "bare", "input_memory", "join_secret", "size_of", "wipe"]
__all__ += ["no_condition", "without_frames", "without_own_frames"]
__all__ += ["NewFile", "SecretInput", "StrPath", "open_path", "path_of", "read_public"]
__all__ += ["write_device", "write_files"]
__all__ += ["decode_json", "extra", "from_base64", "from_base64url", "install_command", "parse_toml", "to_base64url"]
__all__ += ["Hasher", "ParameterSet", "check_ed25519_public", "is_valid", "loadable"]
__all__ += ["LONGEST_JWK_SET", "MOST_JWKS", "check_jwk_purpose", "jwk_bytes", "jwk_thumbprint", "parse_jwk"]
__all__ += ["read_jwk_set"]
__all__ += ["ANYONE", "Anyone", "open_streams", "write_error", "write_output"]

_LATER = {
    "_anyone": ("ANYONE", "Anyone"),
    "_coroutines": ("no_condition",),
    "_keys.base64": ("from_base64", "from_base64url", "to_base64url"),
    "_keys.paths": ("SecretInput", "open_path", "path_of", "read_public", "wipe"),
    "_keys.writing": ("NewFile", "write_device", "write_files"),
    "_program": ("open_streams", "write_error", "write_output"),
}
_MODULES = {name: (module, name) for module, names in _LATER.items() for name in names} | {
    "LONGEST_JWK_SET": ("formats._jwks", "LONGEST_SET"),
    "MOST_JWKS": ("formats._jwks", "MOST_KEYS"),
    "check_ed25519_public": ("formats._ed25519", "check_public"),
    "check_jwk_purpose": ("_keys.jwk", "check_purpose"),
    "decode_json": ("_keys.strict_json", "decode"),
    "jwk_bytes": ("_keys.jwk", "bytes_of"),
    "jwk_thumbprint": ("_keys.jwk", "thumbprint_of"),
    "parse_jwk": ("_keys.jwk", "parse"),
    "parse_toml": ("formats._toml", "parse"),
    "read_jwk_set": ("formats._jwks", "read_set"),
}


def __getattr__(name: str) -> object:
    """Import a name at its first use, since few programs need it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _MODULES[name]
    return getattr(import_module(f"qynauth_pqc.{module}"), attribute)
