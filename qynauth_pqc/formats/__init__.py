"""Keys as files hold them: PKCS#8 for private keys and SubjectPublicKeyInfo for public ones, in PEM and DER.

The keys themselves write these formats, by `to_pkcs8()` and `to_spki()`; ML-DSA's also as JWK and COSE_Key.
"""

from qynauth_pqc.formats._load import load_private_key, load_public_key

__all__ = ["load_private_key", "load_public_key"]
