"""A software authenticator with ML-DSA logs in to the server of fido2 in docs/recipes/webauthn.md."""

from __future__ import annotations

import json
import os
import runpy
from typing import TYPE_CHECKING, Any

import pytest
from fido2.cose import CoseKey
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
)
from pages import write_program

from qynauth_pqc import InvalidKeyError, MLDSAPrivateKey, UnsupportedError

if TYPE_CHECKING:
    pass

FLAG = AuthenticatorData.FLAG
ORIGIN = "https://example.com"


class Authenticator:
    """An authenticator and its browser, with one credential and no attestation."""

    def __init__(self, alg: int, name: Any) -> None:
        """Make the credential."""
        self.id, self.key = os.urandom(16), MLDSAPrivateKey.generate(name)
        self.cose = CoseKey({1: 7, 3: alg, -1: self.key.public_key.public_bytes()})

    def create(self, rp_id_hash: bytes, challenge: bytes) -> dict[str, Any]:
        """Register: return the JSON object that the browser sends."""
        credential = AttestedCredentialData.create(bytes(16), self.id, self.cose)
        data = AuthenticatorData.create(rp_id_hash, FLAG.UP | FLAG.UV | FLAG.AT, 0, credential)
        made = AuthenticatorAttestationResponse(
            client_data=CollectedClientData.create("webauthn.create", challenge, ORIGIN),
            attestation_object=AttestationObject.create("none", data, {}),
        )
        return sent(RegistrationResponse(raw_id=self.id, response=made))

    def get(self, rp_id_hash: bytes, challenge: bytes, origin: str = ORIGIN) -> AuthenticatorAssertionResponse:
        """Log in: return the assertion."""
        client_data = CollectedClientData.create("webauthn.get", challenge, origin)
        data = AuthenticatorData.create(rp_id_hash, FLAG.UP | FLAG.UV, 1)
        signature = self.key.sign(data + client_data.hash)
        return AuthenticatorAssertionResponse(
            client_data=client_data, authenticator_data=data, signature=signature, user_handle=b"1"
        )

    def wrap(self, assertion: AuthenticatorAssertionResponse) -> dict[str, Any]:
        """Return the JSON object of an assertion."""
        return sent(AuthenticationResponse(raw_id=self.id, response=assertion))


def sent(response: RegistrationResponse | AuthenticationResponse) -> dict[str, Any]:
    """Return the message as the server receives it."""
    return json.loads(json.dumps(dict(response)))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the names that the page defines."""
    return runpy.run_path(str(write_program("docs/recipes/webauthn.md", tmp_path_factory.mktemp("page"))))


@pytest.fixture(params=[(-48, "ML-DSA-44"), (-49, "ML-DSA-65"), (-50, "ML-DSA-87")], ids=lambda pair: pair[1])
def authenticator(request: pytest.FixtureRequest) -> Authenticator:
    """Return an authenticator of each algorithm."""
    return Authenticator(*request.param)


def registered(page: dict[str, Any], authenticator: Authenticator) -> bytes:
    """Register, and return the stored credential."""
    server = page["server"]
    options, state = server.register_begin(PublicKeyCredentialUserEntity(name="frodo", id=b"1"))
    stored: bytes = page["register"](state, authenticator.create(server.rp.id_hash, options.public_key.challenge))
    return stored


def test_credential_registers_and_logs_in(page: dict[str, Any], authenticator: Authenticator) -> None:
    """The functions of the page accept it, and so does fido2 with OpenSSL alone."""
    stored, server = registered(page, authenticator), page["server"]
    options, state = server.authenticate_begin([page["Credential"](stored)])
    response = authenticator.wrap(authenticator.get(server.rp.id_hash, options.public_key.challenge))
    assert page["log_in"](state, [stored], response) == authenticator.id
    server.authenticate_complete(state, [AttestedCredentialData(stored)], response)


def test_page_verifies_with_this_library(page: dict[str, Any], authenticator: Authenticator) -> None:
    """The credential of the page has our key, and its bytes do not change."""
    credential = page["Credential"](registered(page, authenticator))
    assert credential.public_key.load() == authenticator.key.public_key
    assert credential.public_key == authenticator.cose
    assert page["Credential"](bytes(credential)) == credential


def test_altered_assertion_is_refused(page: dict[str, Any], authenticator: Authenticator) -> None:
    """Each field is altered, and another key signs."""
    stored, server = registered(page, authenticator), page["server"]
    options, state = server.authenticate_begin()
    rp, challenge = server.rp.id_hash, options.public_key.challenge
    good, elsewhere = authenticator.get(rp, challenge), authenticator.get(rp, challenge, "https://example.org")
    other = Authenticator(authenticator.cose[3], authenticator.key.parameter_set).get(rp, challenge)
    counted = AuthenticatorData.create(rp, FLAG.UP | FLAG.UV, 2)
    for data, client_data, signature, message in (
        (
            good.authenticator_data,
            good.client_data,
            bytes([good.signature[0] ^ 1]) + good.signature[1:],
            "Invalid signature",
        ),
        (good.authenticator_data, good.client_data, good.signature[:-1], "Invalid signature"),
        (good.authenticator_data, good.client_data, other.signature, "Invalid signature"),
        (counted, good.client_data, good.signature, "Invalid signature"),
        (elsewhere.authenticator_data, elsewhere.client_data, elsewhere.signature, "Invalid origin"),
    ):
        altered = AuthenticatorAssertionResponse(client_data=client_data, authenticator_data=data, signature=signature)
        with pytest.raises(ValueError, match=message):
            page["log_in"](state, [stored], authenticator.wrap(altered))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({3: -39}, ValueError, id="algorithm not offered"),
        pytest.param({3: -50}, InvalidKeyError, id="key of another set"),
        pytest.param({-1: bytes(1951)}, InvalidKeyError, id="short key"),
        pytest.param({1: 2}, UnsupportedError, id="key type of elliptic curves"),
    ],
)
def test_bad_credential_is_not_registered(
    page: dict[str, Any], change: dict[int, int | bytes], error: type[Exception]
) -> None:
    """The server notices it at registration."""
    authenticator = Authenticator(-49, "ML-DSA-65")
    authenticator.cose.update(change)
    with pytest.raises(error):
        registered(page, authenticator)
