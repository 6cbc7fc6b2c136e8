from typing import Any

# cffi writes no types for its extension modules.
ffi: Any
lib: Any
