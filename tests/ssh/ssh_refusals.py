"""The check of a refusal, for tests of all readers of SSH."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from own_frames import variables

from qynauth_pqc import PQCError
from qynauth_pqc.errors import FormatError


def refused(read: Callable[[bytes], object], data: bytes, rule: str, kind: type[PQCError] = FormatError) -> None:
    """Check that data is refused by a rule, and that the error has a position, and can be shown and pickled."""
    with pytest.raises(kind, match=rule) as caught:
        read(data)
    variables(caught.value)
    if isinstance(caught.value, FormatError):
        assert isinstance(caught.value.position, int)
        assert str(caught.value.position) in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - of this test
