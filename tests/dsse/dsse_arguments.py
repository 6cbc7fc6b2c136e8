"""Right arguments for the public callables of DSSE and securesystemslib, and an object of each class."""

from __future__ import annotations

from right_arguments import COMPOSITE, DSA, SIGNATURE, Arguments
from securesystemslib.exceptions import UnverifiedSignatureError

from qynauth_pqc import dsse
from qynauth_pqc.dsse import securesystemslib

ARTIFACT = {"digest": {"sha256": "0" * 64}}
STATEMENT = dsse.Statement([ARTIFACT], "https://example.com/review/v1", {})
ENVELOPE = STATEMENT.sign([DSA])
TUF_KEY = securesystemslib.MLDSAKey.from_public_key(DSA.public_key)

ARGUMENTS = Arguments(
    good={
        "artifact": lambda: ARTIFACT,
        "envelope": lambda: ENVELOPE,
        "key_dict": TUF_KEY.to_dict,
        "keyid": lambda: TUF_KEY.keyid,
        "keytype": lambda: TUF_KEY.keytype,
        "keyval": lambda: TUF_KEY.keyval,
        "payload": lambda: b"payload",
        "payload_type": lambda: dsse.IN_TOTO,
        "predicate": dict,
        "predicate_type": lambda: STATEMENT.predicate_type,
        "priv_key_uri": lambda: "qynauth-pqc:file",
        "raw": lambda: SIGNATURE,
        "scheme": lambda: TUF_KEY.scheme,
        "signer": lambda: COMPOSITE,
        "signers": lambda: [DSA],
        "subjects": lambda: [ARTIFACT],
        "Envelope.parse.data": lambda: ENVELOPE,
        "Statement.parse.data": STATEMENT.to_bytes,
        "MLDSAKey.verify_signature.signature": lambda: securesystemslib.MLDSASigner(DSA).sign(b"data"),
        "MLDSASigner.from_priv_key_uri.public_key": lambda: TUF_KEY,
    },
    objects=[
        *(STATEMENT, dsse.Envelope.parse(ENVELOPE), dsse.Envelope.parse(ENVELOPE).signatures[0]),
        dsse.verify(ENVELOPE, payload_type=dsse.IN_TOTO, keys=[DSA.public_key]),
        *(TUF_KEY, securesystemslib.MLDSASigner(DSA)),
    ],
    secrets={"priv_key_uri", "signers", "dsse.Envelope.sign.signer"},
    least_secrets=8,
    found={"dsse.Envelope.sign", "dsse.securesystemslib.MLDSAKey.from_dict"},
    left_out={"Rule", "Scheme", "VerifiedEnvelope"},
    numbers={"threshold"},
    errors={"securesystemslib": (ValueError, KeyError, OSError, UnverifiedSignatureError)},
)
