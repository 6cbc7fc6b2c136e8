from typing import Any

# cffi gives its extension modules no types; every name comes from include/pqc_ffi.h or build_ffi.c.
ffi: Any
lib: Any
