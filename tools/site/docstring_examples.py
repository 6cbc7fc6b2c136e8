"""Examples in docstrings, for the reference: a paragraph that begins with >>> becomes a block of code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from griffe import Extension

if TYPE_CHECKING:
    from griffe import Object


def fence(docstring: str) -> str:
    """Return a docstring with its examples between fences."""
    return re.sub(r"^>>> .*(?:\n(?!\n|```).+)*", r"```pycon\n\g<0>\n```", docstring, flags=re.MULTILINE)


class Examples(Extension):
    """An extension of griffe, which reads the sources for mkdocstrings."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class or function."""
        if obj.docstring:
            obj.docstring.value = fence(obj.docstring.value)
