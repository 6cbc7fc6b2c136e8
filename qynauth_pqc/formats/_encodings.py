"""The keys that PEM and DER are defined for: `to_spki()` and `to_pkcs8()`."""

from __future__ import annotations

from qynauth_pqc._buffers import Memory, SecretBytes, copy_of, lend, new_memory
from qynauth_pqc._ffi import lib
from qynauth_pqc._key import PrivateKey, PublicKey, number_of
from qynauth_pqc.errors import InvalidLengthError, status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc._buffers import BytesLike, Lent

_FORMS: dict[str, int] = {
    "seed": lib.PQC_PRIVATE_KEY_SEED,
    "expanded": lib.PQC_PRIVATE_KEY_EXPANDED,
    "both": lib.PQC_PRIVATE_KEY_BOTH,
}
_ENCODINGS: dict[str, int] = {"PEM": lib.PQC_ENCODING_PEM, "DER": lib.PQC_ENCODING_DER}


def password_of(lent: Lent) -> Lent:
    """Return a lent password; for None an empty one, which is no password to C."""
    return lend(b"", "password") if lent.data is None else lent


def check_password(lent: Lent, size: int) -> None:
    """Check the size of a password while it is borrowed: an empty one would be no password to C."""
    if not size and lent.data is not None:
        raise InvalidLengthError("password is empty: pass None if there is no password")


class EncodablePublicKey(PublicKey):
    """A public key that SubjectPublicKeyInfo is defined for."""

    __slots__ = ()

    def to_spki(self, encoding: str = "PEM") -> bytes:
        """Return the key as SubjectPublicKeyInfo (RFC 9935 for ML-KEM, RFC 9881 for ML-DSA).

        Args:
            encoding: "PEM" for text in ASCII, "DER" for bytes.

        Returns:
            The encoded key, which `load_public_key` reads.

        Raises:
            UnsupportedError: the encoding is unknown.
        """
        number = number_of(_ENCODINGS, encoding, "encoding")
        encoded = new_memory(Memory)
        status = self._use().call(lib.pqc_public_key_to_spki, number, encoded._slot)
        if status:
            raise status_error(status)
        return copy_of(encoded)


class EncodablePrivateKey(PrivateKey):
    """A private key that PKCS#8 is defined for."""

    __slots__ = ()

    def to_pkcs8(self, form: str = "seed", encoding: str = "PEM", password: BytesLike | None = None) -> SecretBytes:
        """Return the key as PKCS#8 (RFC 9935 for ML-KEM, RFC 9881 for ML-DSA).

        Args:
            form: "seed", the smallest; "expanded"; or "both", one after the other.
            encoding: "PEM" for text in ASCII, "DER" for bytes.
            password: encrypt the key with this password, of any length but 0; None leaves it as it is. The encryption
                is PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 in 600,000 iterations, which take less than a second.

        Returns:
            The encoded key, which `load_private_key` reads, in memory that is wiped, whether it is encrypted
            or not.

        Raises:
            SeedUnavailableError: the form asks for the seed, and the key was loaded from its expanded form.
            UnsupportedError: the form or the encoding is unknown.
            InvalidLengthError: the password is empty.
        """
        lent = lend(password, "password")
        del password
        numbers = number_of(_FORMS, form, "form"), number_of(_ENCODINGS, encoding, "encoding")
        encoded = new_memory(SecretBytes)
        with password_of(lent) as (pointer, size):
            check_password(lent, size)
            status = self._use().call(lib.pqc_private_key_to_pkcs8, pointer, size, *numbers, encoded._slot)
        if status:
            raise status_error(status)
        return encoded
