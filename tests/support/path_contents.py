"""What is passed by mistake in the place of a path."""

from __future__ import annotations

from qynauth_pqc import MLDSAPrivateKey

KEY = MLDSAPrivateKey.generate("ML-DSA-44")
PEM, DER = bytes(KEY.to_pkcs8()), bytes(KEY.to_pkcs8("DER"))
BODY = PEM.splitlines()[1].decode()
CONTENTS = {
    "PEM": (PEM, BODY),
    "PEM, text": (PEM.decode(), BODY),
    "DER": (DER, repr(DER)[-60:-20]),
    "seed": (b"SENTINEL" * 4, "SENTINEL"),
    "seed, bytearray": (bytearray(b"SENTINEL" * 4), "SENTINEL"),
    "message": (b"attack at dawn", "attack"),
}
"""The contents, and a part of each that no message may have."""
