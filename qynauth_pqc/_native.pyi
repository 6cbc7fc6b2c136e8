from typing import Any

# cffi gives its extension modules no types; every name comes from include/pqc_ffi.h.
ffi: Any
lib: Any
