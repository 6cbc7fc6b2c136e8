#!/usr/bin/env python3
"""Verifies the tokens in its input, one a line, by the published EdDSA keys: `classical.py JWKS_URL ISSUER AUDIENCE`.

A typical relying party: PyJWT, one algorithm, and no knowledge of any other.
"""
# ruff: noqa: T201 - it prints accepted tokens

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import jwt

if TYPE_CHECKING:
    from jwt.types import Options


def main() -> None:
    """Print a line for each token."""
    url, issuer, audience = sys.argv[1:]
    # In seconds. PyJWT does not read the 20 seconds that the service allows.
    keys = jwt.PyJWKClient(url, lifespan=20, timeout=60)
    for token in map(str.strip, sys.stdin):
        try:
            key = keys.get_signing_key_from_jwt(token)
            options: Options = {"require": ["sub", "exp"]}
            claims = jwt.decode(token, key, ["EdDSA"], options, issuer=issuer, audience=audience)
        except jwt.PyJWTError as error:
            print("refused", type(error).__name__, flush=True)
        else:
            print("accepted", claims["sub"], flush=True)


if __name__ == "__main__":
    main()
