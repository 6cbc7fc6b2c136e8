"""The example service as its clients see it: two workers of uvicorn, started by its script."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import auth_service
import pytest
from auth_service import MAX_AGE, MODES, ORIGIN, README, SERVICE, Person, Service, base64url, kid_of
from joserfc import jwt
from joserfc.errors import BadSignatureError
from pages import ENVIRONMENT, blocks
from prefork_client import values_of

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry

pytestmark = pytest.mark.slow

service, person = auth_service.service, auth_service.person
REFUSED = (401, {"error": "the proof is not valid, or was used already, or came too late"})


@pytest.mark.parametrize("audience", MODES)
def test_login_returns_a_token_in_the_mode_of_the_policy(audience: str, person: Person) -> None:
    """Its parts are shown, and its audience accepts it."""
    status, answer = person.finish(person.login(audience))
    assert (status, answer["algorithm"], answer["mode"]) == (200, *MODES[audience])
    token, claims = answer["token"], answer["claims"]
    assert isinstance(token, str)
    assert isinstance(claims, dict)
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("https://login.example", audience, person.account)
    parts = [len(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")]
    names = ("token", "header", "claims", "signature")
    assert answer["sizes"] == dict(zip(names, [len(token), *parts], strict=True))
    status, verified = person.service.post("/api/verify", token=token, audience=audience)
    assert (status, verified["accepted"], verified["claims"], verified["mode"]) == (200, True, claims, answer["mode"])


def test_token_is_valid_by_the_published_keys(person: Person) -> None:
    """Another library verifies it, and finds the key by its kid."""
    token = person.token("orders")
    keys = {key["kid"]: key for key in person.service.http.get("/jwks.json").json()["keys"]}
    found = jwt.decode(token, AKPKey.import_key(keys[kid_of(token)]), registry=MLDSARegistry(algorithms=["ML-DSA-65"]))
    assert found.claims["sub"] == person.account


def test_token_for_another_audience_is_refused(person: Person) -> None:
    """The verifier says why."""
    status, answer = person.service.post("/api/verify", token=person.token("orders"), audience="reports")
    assert (status, answer["verdict"]) == (401, "not_allowed")


def test_login_is_good_once(person: Person) -> None:
    """A recorded login is refused."""
    login = person.login()
    assert person.finish(login)[0] == 200
    assert person.finish(login) == REFUSED


def test_only_one_of_many_logins_with_a_nonce_succeeds(person: Person) -> None:
    """Twenty requests have connections at the workers before any of them can write."""
    login = person.login()
    with ThreadPoolExecutor(20) as pool, closing(person.service.database()) as database:
        database.execute("BEGIN IMMEDIATE")
        logins = [pool.submit(person.finish, login) for _ in range(20)]
        while person.service.connections() < 20:
            time.sleep(0.1)
        assert not any(each.done() for each in logins)
        database.execute("ROLLBACK")
        assert sorted(each.result()[0] for each in logins) == [200, *[401] * 19]


def test_nonce_of_another_account_is_refused(person: Person) -> None:
    """It remains valid for its own account."""
    other = Person(person.service)
    assert other.register()[0] == 200
    nonce = other.begin("login")
    assert person.finish(person.login(nonce=nonce)) == REFUSED
    assert other.finish(other.login(nonce=nonce))[0] == 200


def test_nonce_of_a_registration_is_not_for_a_login(person: Person) -> None:
    """Each purpose has separate nonces."""
    assert person.finish(person.login(nonce=person.begin("register"))) == REFUSED


def test_a_wrong_signature_uses_the_nonce_up(person: Person) -> None:
    """There is one attempt for each."""
    login = person.login()
    assert person.finish({**login, "signature": base64url(bytes(3309))}) == REFUSED
    assert person.finish(login) == REFUSED


@pytest.mark.parametrize(
    ("seconds", "status"), [pytest.param(0, 401, id="expired"), pytest.param(600, 200, id="valid")]
)
def test_nonce_is_good_until_it_expires(seconds: int, status: int, person: Person) -> None:
    """This one is authenticated by the secret of the service, as all are."""
    expires = int(time.time()) + seconds
    with closing(person.service.database()) as database:
        [secret] = database.execute("SELECT value FROM nonce_secret").fetchone()
    lines = "\n".join(["login", person.account, str(expires), "random"])
    value = "random" + base64url(hmac.digest(secret, lines.encode(), hashlib.sha256))
    assert person.finish(person.login(nonce={"nonce": value, "expires": expires}))[0] == status


def test_expiry_cannot_be_chosen_by_the_client(person: Person) -> None:
    """The expiry that the server keeps decides."""
    nonce = person.begin("login")
    assert person.finish(person.login(nonce={**nonce, "expires": int(str(nonce["expires"])) + 60})) == REFUSED


def test_signature_is_for_one_origin_and_one_audience(person: Person) -> None:
    """A page that relays messages gets nothing, nor does a client that exchanges the audience."""
    nonce = person.begin("login")
    elsewhere = person.sign("login", nonce, "orders", origin="https://evil.example")
    assert person.finish({**person.login(nonce=nonce), "signature": elsewhere}) == REFUSED
    assert person.finish({**person.login("reports"), "audience": "orders"}) == REFUSED


def test_scripts_of_other_pages_are_refused(service: Service) -> None:
    """A header that browsers send shows where they come from."""
    headers = {"Origin": "https://evil.example"}
    answer = service.http.post("/api/login/begin", json={"account": "alice"}, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"error": f"open the page at {ORIGIN}"})


def test_signature_of_a_jwt_is_no_login(person: Person) -> None:
    """It has the empty context of RFC 9964, over the same transcript."""
    nonce = person.begin("login")
    lines = ["qynauth-auth-service-v1", "login", ORIGIN, person.account, person.key_id, "orders", *nonce.values()]
    signature = base64url(person.key.sign("\n".join(map(str, lines)).encode()))
    assert person.finish({**person.login(nonce=nonce), "signature": signature}) == REFUSED


def test_signature_of_a_login_is_no_jwt(service: Service) -> None:
    """This holds even if the person's key were in the ring, and the person signed the parts of a token."""
    key = MLDSAPrivateKey.generate("ML-DSA-65")
    registry, signer = MLDSARegistry(algorithms=["ML-DSA-65"]), AKPKey.import_key(key)
    start, _, signature = jwt.encode({"alg": "ML-DSA-65"}, {"sub": "alice"}, signer, registry=registry).rpartition(".")
    login = base64url(key.sign(start.encode(), context=b"qynauth auth_service login v1"))
    assert jwt.decode(f"{start}.{signature}", signer, registry=registry).claims == {"sub": "alice"}
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{start}.{login}", signer, registry=registry)
    assert service.post("/api/verify", token=f"{start}.{login}", audience="orders")[0] == 401


def test_registration_needs_the_private_key(service: Service) -> None:
    """Nobody can register the key of another person."""
    person, thief = Person(service), Person(service)
    public_key = base64url(person.key.public_key.public_bytes())
    assert thief.register(public_key=public_key) == REFUSED
    assert person.register()[0] == 200


def test_registration_refuses_a_name_that_is_taken(person: Person) -> None:
    """The account keeps its key."""
    thief = Person(person.service, account=person.account)
    assert thief.register() == (409, {"error": "the account is taken"})
    assert thief.finish(thief.login()) == REFUSED
    assert person.finish(person.login())[0] == 200


def test_registration_is_repeated_with_the_same_key(person: Person) -> None:
    """Another tab, or a person who got no answer, sees that it succeeded."""
    assert person.register() == (200, {"key_id": person.key_id})
    assert person.finish(person.login())[0] == 200


def test_login_does_not_show_whether_an_account_exists(person: Person) -> None:
    """The key id of nobody is always the same, and the login is refused as any other."""
    nobody = Person(person.service)
    (_, known), (_, first), (_, second) = (
        person.service.post("/api/login/begin", account=each.account) for each in (person, nobody, nobody)
    )
    assert known["key_id"] == person.key_id
    assert first["key_id"] == second["key_id"] != nobody.key_id
    assert {name: type(value) for name, value in first.items()} == {name: type(value) for name, value in known.items()}
    assert len(str(first["key_id"])) == len(person.key_id)
    assert nobody.finish({**nobody.login(), "key_id": first["key_id"]}) == REFUSED


BEGIN = "expected a JSON object with the members account"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(b"[" * 20000, 400, "expected a JSON object", id="nested"),
        pytest.param(b"\xff", 400, "expected a JSON object", id="bytes"),
        pytest.param(b"[]", 400, BEGIN, id="list"),
        pytest.param(b'{"account": "alice", "admin": "1"}', 400, BEGIN, id="unknown member"),
        pytest.param(b'{"account": 1}', 400, "account: expected printable text", id="number"),
        pytest.param(b'{"account": "\\ud800"}', 400, "account: expected printable text", id="surrogate"),
        pytest.param(b'{"account": "a\\nb"}', 400, "account: expected printable text", id="newline"),
        pytest.param(b'{"account": "Alice"}', 400, "account: expected 1 to 64 of the characters", id="capital"),
        pytest.param(b" " * 20481, 413, "expected at most 20480 bytes", id="too long"),
    ],
)
def test_malformed_request_is_refused(body: bytes, status: int, error: str, service: Service) -> None:
    """The answer is a sentence that says what was expected."""
    answer = service.http.post("/api/login/begin", content=body)
    assert (answer.status_code, answer.json()["error"][: len(error)]) == (status, error)


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [
        pytest.param("expires", 1 << 64, "expires: expected seconds since 1970", id="large"),
        pytest.param("expires", True, "expires: expected seconds since 1970", id="truth"),
        pytest.param("signature", "é", "signature: expected base64url", id="signature"),
        pytest.param("audience", "payroll", "audience: expected one of reports, orders, archive", id="audience"),
    ],
)
def test_malformed_login_is_refused(member: str, value: object, error: str, person: Person) -> None:
    """It is refused before the nonce is used up."""
    login = person.login()
    status, answer = person.finish({**login, member: value})
    assert (status, str(answer["error"])[: len(error)]) == (400, error)
    assert person.finish(login)[0] == 200


def test_public_key_of_another_size_is_refused(service: Service) -> None:
    """The error names both sizes."""
    status, answer = Person(service).register(public_key=base64url(bytes(1951)))
    assert (status, answer) == (400, {"error": "public_key: expected 1952 bytes, got 1951"})


def test_only_used_nonces_are_kept(person: Person) -> None:
    """They are kept until they have expired, so requests for nonces fill no memory and block nobody."""
    query, nonce = "SELECT nonce FROM used_nonces", person.begin("login")
    with closing(person.service.database()) as database:
        before = database.execute(query).fetchall()
        for _ in range(70):
            person.begin("login")
        assert database.execute(query).fetchall() == before
        database.execute("UPDATE used_nonces SET expires = 1")
        assert person.finish(person.login(nonce=nonce))[0] == 200
        assert database.execute(query).fetchall() == [(nonce["nonce"],)]


def test_responses_carry_the_headers_that_protect_the_page(person: Person) -> None:
    """Only scripts of the page run, and nothing with a token is stored."""
    page = person.service.http.get("/")
    assert page.text.startswith("<!doctype html>")
    tokens = person.service.http.post("/api/login/finish", json=person.login())
    assert tokens.status_code == 200
    for answer in (page, tokens, person.service.http.post("/api/verify", content=b"")):
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("POST", 405)])
def test_request_that_does_not_exist_is_refused(method: str, status: int, service: Service) -> None:
    """The answer is a sentence, like every error."""
    answer = service.http.request(method, "/nowhere")
    assert (answer.status_code, type(answer.json()["error"])) == (status, str)


def test_busy_database_is_an_error_with_a_sentence(person: Person) -> None:
    """It stands here for one that stays locked: both are the same error of SQLite."""
    login = person.login()
    with closing(person.service.database()) as database:
        database.execute("ALTER TABLE used_nonces RENAME TO elsewhere")
        try:
            status, answer = person.finish(login)
        finally:
            database.execute("ALTER TABLE elsewhere RENAME TO used_nonces")
    assert (status, answer) == (503, {"error": "the database is not available: try again"})
    assert person.finish(login)[0] == 200


def test_unexpected_failure_is_an_error_with_a_sentence(service: Service) -> None:
    """It has the headers of every response, and says nothing of the cause."""
    manifest = service.state / "ring" / "manifest"
    manifest.rename(manifest.with_name("elsewhere"))
    try:
        answer = service.http.get("/jwks.json")
    finally:
        manifest.with_name("elsewhere").rename(manifest)
    assert (answer.status_code, answer.json()) == (500, {"error": "the service failed"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert service.http.get("/jwks.json").status_code == 200


def test_published_keys_may_be_cached(service: Service) -> None:
    """A client that has them gets an empty response."""
    answer = service.http.get("/jwks.json")
    assert answer.headers["Content-Type"] == "application/jwk-set+json"
    assert answer.headers["Cache-Control"] == f"public, max-age={MAX_AGE:.0f}"
    known = answer.headers["ETag"]
    for sent, status in ((known, 304), (f"W/{known}", 304), (f'"other", {known}', 304), ('"other"', 200)):
        again = service.http.get("/jwks.json", headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (status, b"" if status == 304 else answer.content)


def test_state_shows_how_far_each_audience_has_got(service: Service) -> None:
    """It shows the states of the keys too."""
    state = service.http.get("/api/state").json()
    assert {each["audience"]: tuple(each["signs"].values()) for each in state["audiences"]} == MODES
    [reports] = [each for each in state["audiences"] if each["audience"] == "reports"]
    [accepted] = reports["accepted"]
    until = accepted.pop("until") - state["now"]
    assert 0 < until <= 86400
    assert accepted == {"algorithm": "EdDSA", "mode": "classical"}
    assert reports["next"] == {"step": "deadline", "algorithm": "EdDSA", "when": state["now"] + until}
    ring = {(each["algorithm"], each["mode"]) for each in state["ring"] if each["state"] == "active"}
    assert ring == set(MODES.values())


def issued(service: Service, mode: str) -> float:
    """Return how many tokens of a mode all workers have issued, as Prometheus reads it."""
    values = values_of(service.http.get("/metrics").text)
    found = [
        value
        for (name, labels), value in values.items()
        if name == "qynauth_pqc_tokens_issued_total" and ("mode", mode) in labels
    ]
    return sum(found)


def test_metrics_count_the_tokens_of_both_workers(person: Person) -> None:
    """Either worker may issue, and either may answer."""
    before = issued(person.service, "hybrid")
    for _ in range(8):
        person.token("archive")
    assert [issued(person.service, "hybrid") for _ in range(6)] == [before + 8] * 6
    shown = [person.service.http.get("/api/state").json()["traffic"] for _ in range(6)]
    hybrid = {"algorithm": "ML-DSA-65-Ed25519", "mode": "hybrid", "tokens": before + 8}
    assert [[each for each in traffic if each["mode"] == "hybrid"] for traffic in shown] == [[hybrid]] * 6


def test_both_workers_follow_the_operator(person: Person) -> None:
    """A command of the README counts from the next request on, and old tokens stay valid."""
    old, new = person.token(), kid_in_state(person.service, "next")
    assert kid_of(old) == kid_in_state(person.service, "active")
    person.service.replace_key()
    tokens = [person.token() for _ in range(20)]
    assert {kid_of(token) for token in tokens} == {new} == {kid_in_state(person.service, "active")}
    assert {kid_of(old), new, kid_in_state(person.service, "next")} <= published(person.service)
    answers = [person.service.post("/api/verify", token=token, audience="orders") for token in [old, *tokens]]
    assert {status for status, _ in answers} == {200}


def kid_in_state(service: Service, state: str) -> str:
    """Return the kid of the one ML-DSA-65 key that is in a state."""
    ring = service.http.get("/api/state").json()["ring"]
    [kid] = [each["kid"] for each in ring if (each["algorithm"], each["state"]) == ("ML-DSA-65", state)]
    return str(kid)


def published(service: Service) -> set[str]:
    """Return the kids of the published keys."""
    return {each["kid"] for each in service.http.get("/jwks.json").json()["keys"]}


def test_revoked_key_leaves_the_published_set_and_signs_no_more(person: Person) -> None:
    """Nobody can log in for its audience until the next key is active."""
    kid = kid_of(person.token("archive"))
    person.service.operate("revoke", kid=kid)
    assert kid not in published(person.service)
    assert person.finish(person.login("archive")) == (503, {"error": "no token can be issued for archive now"})
    person.service.replace_key("ML-DSA-65-Ed25519")
    assert kid_of(person.token("archive")) in published(person.service) - {kid}


def test_second_start_with_the_same_state_is_refused(person: Person, tmp_path: Path) -> None:
    """It takes neither the nonces nor the counters of the service that runs."""
    before, login = issued(person.service, "post-quantum"), person.login()
    command = ["sh", str(SERVICE / "run.sh"), "--port", str(person.service.http.base_url.port)]
    (tmp_path / "index.html").touch()  # a page that needs no npm
    environment = ENVIRONMENT | {"AUTH_SERVICE_STATE": str(person.service.state), "AUTH_SERVICE_PAGE": str(tmp_path)}
    start = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    assert person.finish(login)[0] == 200
    assert [issued(person.service, "post-quantum") for _ in range(6)] == [before + 1] * 6
    stop = f"stop it with `kill {person.service.pid}`, or set AUTH_SERVICE_STATE"
    message = f"a service runs already with {person.service.state}: {stop}\n"
    assert (start.returncode, start.stderr) == (1, message)
    assert "AUTH_SERVICE_STATE=" in blocks(README, "sh")[1]


def test_demonstration_keeps_its_password_to_itself(tmp_path: Path) -> None:
    """The first run makes a ring with a new password, which a second run keeps."""
    environment = ENVIRONMENT | {"AUTH_SERVICE_STATE": str(tmp_path / "state"), "PYTHONPATH": str(SERVICE)}
    made = []
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "service.prepare"], env=environment, check=True)
        made.append((tmp_path / "state" / "ring.password").read_bytes())
    assert made[0] == made[1]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "ring.password").stat().st_mode & 0o777 == 0o600
    with KeyRing.open(tmp_path / "state" / "ring", made[0].strip()) as ring:
        assert {(key.algorithm, key.state.value) for key in ring.keys} == {
            (each, "active") for each, _ in MODES.values()
        }
