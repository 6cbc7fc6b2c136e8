"""The implementations, and the checks that they do not offer.

Every cell is tried. A cell that a gap here covers must be refused, in the words of the gap; every other cell must pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from interop.ours import COMPOSITE_SETS, SLHDSA_SETS, XWING

__all__ = ["IMPLEMENTATIONS", "Gap", "Implementation"]


ENCODED = ("PKCS#8", "SPKI")


@dataclass(frozen=True)
class Gap:
    """Cells that an implementation does not offer.

    Attributes:
        sets: a regular expression for the parameter sets.
        rows: a regular expression for the rows.
        reason: why, for the page.
        answer: a regular expression for how the implementation says so.
    """

    sets: str
    rows: str
    reason: str
    answer: str

    def covers(self, name: str, row: str) -> bool:
        """Return whether a cell is one of these."""
        return bool(re.fullmatch(self.sets, name) and re.fullmatch(self.rows, row))


@dataclass(frozen=True)
class Implementation:
    """Another implementation.

    Attributes:
        name: for the matrix.
        program: the name of its peer in install.py.
        gaps: the checks that it does not offer; the first gap that covers a cell counts.
        private_form: the form of private keys for all rows that are not about forms.
        public_form: the same for public keys.
        slhdsa_forms: the same for keys of SLH-DSA, which have other forms.
        hpke_only: the sets that it has only inside HPKE.
        pinned: whether a file of the project names its version; otherwise the machine's version is used.
        note: a remark for readers.
    """

    name: str
    program: str
    gaps: tuple[Gap, ...] = ()
    private_form: str = "seed"
    public_form: str = "public key"
    slhdsa_forms: tuple[str, str] = ("expanded", "public key")
    hpke_only: tuple[str, ...] = ()
    pinned: bool = True
    note: str = ""

    def gap(self, name: str, row: str) -> Gap | None:
        """Return why a cell is not offered, if it is not."""
        return next((gap for gap in self.gaps if gap.covers(name, row)), None)

    def forms(self, name: str) -> tuple[str, str]:
        """Return the forms to use with a set."""
        if name in COMPOSITE_SETS:
            return ENCODED
        if name in SLHDSA_SETS:
            return self.slhdsa_forms
        return ("seed", "public key") if name == XWING else (self.private_form, self.public_form)


ANY, KEM, DSA, SLHDSA, COMPOSITE = ".*", "ML-KEM-.*|X-Wing", "ML-DSA-.*", "SLH-DSA-.*", "MLDSA.*"
SIGNERS = f"{DSA}|{SLHDSA}"
HPKE = "HPKE .*"
GIVEN = "encapsulate, randomness given"
DETERMINISTIC = "sign deterministically.*"
READ_JWK, WRITE_JWK = "read .* JWK", "write .* JWK"
FILE = "(PKCS#8|SPKI|private JWK|public JWK).*"


def no_composites(answer: str) -> Gap:
    """Return the gap of an implementation that refuses composite signatures, in its words."""
    return Gap(COMPOSITE, ANY, "no composite signatures", answer)


def no_slhdsa(answer: str) -> Gap:
    """Return the gap of an implementation without SLH-DSA, in its words."""
    return Gap(SLHDSA, ANY, "no SLH-DSA", answer)


NO_HPKE = Gap(ANY, HPKE, "no HPKE with these KEMs", "absent: .*")
OWN_RANDOMNESS = Gap(ANY, GIVEN, "encapsulates only with fresh randomness", "absent: .*")
PLAIN_ONLY = Gap(DSA, ".*, digest", "no HashML-DSA", "(absent|refused: .*NoSuchAlgorithmException): .*")
PLAIN_SLHDSA_ONLY = Gap(SLHDSA, ".*, digest", "no HashSLH-DSA", "absent: .*")
UNWRITTEN_JWK = Gap(SIGNERS, WRITE_JWK, "no JWK", "absent: .*")
HEDGED = Gap(ANY, DETERMINISTIC, "signs with randomness only", "absent: .*")

CRYPTOGRAPHY = Implementation(
    "OpenSSL in `cryptography`",
    "cryptography",
    (
        no_composites("refused: .*(has no attribute 'MLDSA|Unknown key type: ).*"),
        no_slhdsa("(refused: .*(has no attribute '(SLHDSA|JWK)|Unknown key type: |deserialize key data)|absent: ).*"),
        OWN_RANDOMNESS,
        Gap("ML-KEM-512", ANY, "no ML-KEM-512", "refused: .*(no attribute 'MLKEM512|Unknown key type).*"),
        HEDGED,
        PLAIN_ONLY,
        Gap(DSA, READ_JWK, "no JWK", "refused: .* deserialize key data.*"),
        Gap(DSA, WRITE_JWK, "no JWK", "refused: .* has no attribute 'JWK'"),
        Gap(XWING, "key pair|write .*", "makes no X-Wing keys", "refused: .* has no attribute 'generate'"),
        Gap(
            XWING,
            "(en|de)capsulate|implicit.*",
            "X-Wing inside HPKE only",
            "refused: .* has no attribute '..capsulate'",
        ),
        Gap(ANY, "read expanded", "private keys are seeds", "refused: .* seed is .. bytes long"),
        Gap(ANY, "write expanded", "private keys are seeds", "absent: .*"),
        Gap(ANY, "read PKCS#8 (expanded|both).*", "reads seeds only", "refused: .* deserialize key data.*"),
        Gap(ANY, "write PKCS#8 (expanded|both).*", "writes seeds only", "wrote PKCS#8 seed.*"),
    ),
    hpke_only=(XWING,),
    note="takes the two components of an X-Wing key, which the program here derives from the seed",
)

OPENSSL = Implementation(
    "`openssl` command",
    "openssl",
    (
        no_composites("(absent|refused): .*"),
        PLAIN_SLHDSA_ONLY,
        Gap(XWING, "read .*|encapsulate.*", "no X-Wing", "(absent: public key|refused: .*(unsupported).*)"),
        Gap(XWING, "key pair|write .*|decapsulate|implicit.*", "no X-Wing", "refused: .*unsupported.*"),
        NO_HPKE,
        PLAIN_ONLY,
        Gap(SIGNERS, READ_JWK, "no JWK", "refused: .*unsupported.*"),
        Gap(SIGNERS, WRITE_JWK, "no JWK", 'refused: .*Invalid format "JWK".*'),
        Gap(ANY, "(read|write) (expanded|public key)|write seed", "its only raw key is a seed, to read", "absent: .*"),
    ),
    private_form="PKCS#8 seed",
    public_form="SPKI",
    slhdsa_forms=ENCODED,
    pinned=False,
    note="writes `both` by default",
)

GO = Implementation(
    "Go standard library",
    "go",
    (
        no_composites("absent: (doc: no symbol|package crypto/mldsa is not in std).*"),
        no_slhdsa("absent: (doc: no symbol|package crypto/mldsa is not in std).*"),
        Gap(DSA, ANY, "no public ML-DSA", "absent: package crypto/mldsa is not in std.*"),
        Gap("ML-KEM-512", ".*(PKCS#8|SPKI).*", "no ML-KEM-512", "(absent: .*512|refused: x509: |refused: asn1: ).*"),
        Gap("ML-KEM-512", ANY, "no ML-KEM-512", "absent: doc: no symbol .*512 .*"),
        Gap(XWING, "(en|de)capsulate.*|implicit.*", "X-Wing inside HPKE only", "absent: doc: no method .*capsulate .*"),
        Gap(KEM, "(read|write) expanded", "private keys are seeds", "absent: doc: no .*Expanded.*"),
        Gap(KEM, "read PKCS#8 .*, encrypted.*", "no encrypted PKCS#8", "refused: asn1: .*"),
        Gap(KEM, ".* (PKCS#8|SPKI).*", "`crypto/x509` has no ML-KEM", "refused: x509: .*un(known|supported) .*"),
    ),
    hpke_only=(XWING,),
    pinned=False,
    note="has X-Wing in `crypto/hpke`, as `MLKEM768X25519`",
)

CIRCL = Implementation(
    "CIRCL",
    "circl",
    (
        no_composites("refused: (panic: |unsupported public key algorithm|asn1: ).*"),
        Gap("ML-KEM.*", HPKE, "HPKE with X-Wing only", "absent: .*"),
        PLAIN_ONLY,
        Gap(SIGNERS, READ_JWK, "no JWK", "refused: asn1: structure error.*"),
        UNWRITTEN_JWK,
        Gap(SLHDSA, "read seed", "derives keys from another kind of seed", "refused: panic: wrong seed size"),
        Gap(SLHDSA, "write seed", "derives keys from another kind of seed", "refused: panic: .*missing method Seed"),
        Gap(SLHDSA, "read PKCS#8, (PEM|encrypted)", "package `pki` has no SLH-DSA", "refused: asn1: .*"),
        Gap(SLHDSA, f"read {FILE}", "package `pki` has no SLH-DSA", "refused: unsupported public key algorithm"),
        Gap(SLHDSA, f"write {FILE}", "package `pki` has no SLH-DSA", "refused: panic: .*missing method Oid"),
        Gap(ANY, "read PKCS#8 .*, encrypted.*", "no encrypted PKCS#8", "refused: asn1: .*"),
        Gap(KEM, "read (PKCS#8|SPKI).*", "package `pki` has no KEM", "refused: unsupported public key algorithm"),
        Gap(KEM, "write (PKCS#8|SPKI).*", "package `pki` has no KEM", "absent: .*"),
        Gap(DSA, "read PKCS#8 expanded", "reads no key without its seed", "refused: require seed in private key"),
        Gap(DSA, "write PKCS#8 seed, PEM", "writes another label", "wrote -----BEGIN ML-DSA-.. PRIVATE KEY-----"),
        Gap(DSA, "write PKCS#8 .*(expanded|both|encrypted).*", "writes plain seeds only", "wrote PKCS#8 seed.*"),
    ),
    note="writes PEM with the label `ML-DSA-65 PRIVATE KEY`, where RFC 7468 has `PRIVATE KEY`",
)

PARSE = "refused: .*InvalidKeyException: (Cannot parse input|Unable to decode key).*"
JDK = Implementation(
    "JDK",
    "jdk",
    (
        no_composites("refused: .*NoSuchAlgorithmException: .* not available"),
        no_slhdsa("refused: .*NoSuchAlgorithmException: .* not available"),
        NO_HPKE,
        Gap(XWING, ANY, "no X-Wing", "refused: .*NoSuchAlgorithmException: X-Wing .*"),
        PLAIN_ONLY,
        Gap(DSA, READ_JWK, "no JWK", PARSE),
        UNWRITTEN_JWK,
        Gap(ANY, ".*PEM", "PEM is a preview (JEP 470)", "absent: .*"),
        Gap(ANY, "read (expanded|public key)", "keys are read from PKCS#8 and SPKI", PARSE),
        Gap(ANY, "write (seed|expanded|public key)", "keys are written as PKCS#8 and SPKI", "absent: .*"),
        Gap(ANY, "read PKCS#8 (seed|both).*", "reads the expanded form only", PARSE),
        Gap(ANY, "write PKCS#8 (seed|both).*", "writes the expanded form only", "wrote PKCS#8 expanded.*"),
        Gap(DSA, ".*, context", "no context", "refused: .*does not take any parameters.*"),
    ),
    private_form="PKCS#8 expanded",
    public_form="SPKI",
    pinned=False,
    note="makes a key from a seed, and signs deterministically, when a `SecureRandom` returns these bytes",
)

BOUNCY_CASTLE = Implementation(
    "Bouncy Castle",
    "bouncycastle",
    (
        Gap(SLHDSA, "(read|write) (seed|expanded)|read public key", "private keys are encoded only", "absent: .*"),
        Gap(SIGNERS, READ_JWK, "no JWK", "refused: .*IllegalArgumentException: failed to construct.*"),
        UNWRITTEN_JWK,
    ),
    slhdsa_forms=ENCODED,
)

INCOMPATIBLE = "refused: .*encoding is incompatible with the key type"
NODE = Implementation(
    "`node:crypto`",
    "node_crypto",
    (
        no_composites("refused: .*(supported key type|unsupported|Failed to read asymmetric key|decode error).*"),
        OWN_RANDOMNESS,
        NO_HPKE,
        Gap(XWING, ANY, "no X-Wing", "refused: .*x-wing.*"),
        HEDGED,
        PLAIN_ONLY,
        PLAIN_SLHDSA_ONLY,
        Gap(SLHDSA, "(read|write) seed", "raw keys are not seeds", INCOMPATIBLE),
        Gap(f"{KEM}|{DSA}", "(read|write) expanded", "raw keys are seeds", INCOMPATIBLE),
        Gap(ANY, "write PKCS#8 both", "writes seeds where they are known", "wrote PKCS#8 seed"),
    ),
    note="writes a key that it read from the expanded form in that form",
)

WEBCRYPTO = Implementation(
    "WebCrypto in Node",
    "webcrypto",
    (
        no_composites("refused: .*Unrecognized algorithm name|absent: .*"),
        no_slhdsa("refused: .*Unrecognized algorithm name|absent: .*"),
        OWN_RANDOMNESS,
        NO_HPKE,
        HEDGED,
        PLAIN_ONLY,
        Gap(ANY, ".*(PEM|encrypted)", "keys are unencrypted DER", "absent: .*"),
        Gap(ANY, "(read|write) expanded", "raw keys are seeds", "refused: NotSupportedError: .*raw-private format"),
        Gap(ANY, "read PKCS#8 expanded", "reads no key without its seed", "refused: .*without a seed is not supported"),
        Gap(ANY, "write PKCS#8 (expanded|both)", "writes seeds only", "wrote PKCS#8 seed"),
    ),
    note="calls X-Wing `MLKEM768-X25519`",
)

NOBLE = Implementation(
    "@noble/post-quantum",
    "noble",
    (
        no_composites("refused: TypeError: Cannot read properties of undefined.*"),
        NO_HPKE,
        Gap(ANY, f"read {FILE}", "raw keys only", "refused: RangeError: .* expected Uint8Array of length .*"),
        Gap(ANY, f"write {FILE}", "raw keys only", "absent: .*"),
    ),
)

PURE_PYTHON = Implementation(
    "kyber-py and dilithium-py",
    "pure_python",
    (
        no_composites("refused: .* has no attribute 'MLDSA.*"),
        no_slhdsa("refused: .* has no attribute 'SLH_DSA_.*"),
        NO_HPKE,
        Gap(XWING, ANY, "no X-Wing", "refused: .*no attribute 'X_Wing'"),
        Gap(ANY, ".*, encrypted.*", "no encrypted PKCS#8", "absent: .*"),
        Gap(DSA, ".* JWK", "no JWK", "refused: .* has no attribute '.k_(from|to)_jwk'"),
    ),
    note="writes PEM in lines of 76 characters, where RFC 7468 has 64",
)

IMPLEMENTATIONS = (
    CRYPTOGRAPHY,
    OPENSSL,
    GO,
    CIRCL,
    JDK,
    BOUNCY_CASTLE,
    NODE,
    WEBCRYPTO,
    NOBLE,
    PURE_PYTHON,
)
