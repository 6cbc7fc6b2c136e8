"""Arguments of wrong types: one message for all of them."""

from __future__ import annotations

__all__ = ["expect"]


def expect(value: object, kind: type | tuple[type, ...], name: str) -> None:
    """Check the type of an argument where no operation on it would.

    Args:
        value: the argument.
        kind: what it must be an instance of.
        name: what to call it in the error.

    Raises:
        TypeError: it is none. Its value is not in the message.
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        msg = f"{name} must be {' or '.join(each.__name__ for each in kinds)}, not {type(value).__name__}"
        raise TypeError(msg)
