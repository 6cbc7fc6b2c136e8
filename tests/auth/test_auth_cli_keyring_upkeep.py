"""The commands for upkeep check a key ring, repair it, and import keys."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import call, folder, run, run_on_terminal, write_password
from http_site import serving
from jose_keys import generate

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.keyring import KeyRing

__all__ = ["folder"]  # pytest uses it here

PASSWORD = ("--password-file", "password")
OF_KEY = "of the key"
AT_ONCE = ("--max-age", 0, "--skew", 0, "--token-lifetime", 0)
ROW = '[[accept]]\nissuer = "i"\naudience = "a"\nalgorithm = "{}"\nsign_from = {}\n'


class Issuer:
    """The set that a test publishes."""

    answer = b""


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """Yield the URL of the published set of a new ring with a password."""
    write_password(folder=folder)
    call("keyring", "create", *PASSWORD, *AT_ONCE, "ring", "EdDSA")
    Issuer.answer = published()
    with serving(lambda site: site.send(Issuer.answer)) as port:
        yield f"http://127.0.0.1:{port}/jwks.json"


def keyring(command: str, *arguments: object, exit_code: int = 0) -> tuple[str, str]:
    """Run a command on the ring, and return its standard output and standard error."""
    result = call("keyring", command, *PASSWORD, "ring", *arguments)
    assert result.exit_code == exit_code, result.output
    return result.stdout, result.stderr


def published() -> bytes:
    """Return the set of the ring."""
    return keyring("jwks")[0].encode()


def test_check_is_for_cron(url: str) -> None:
    """A healthy ring is one line on standard output; problems are on standard error, with an exit code."""
    Path("policy.toml").write_text(ROW.format("EdDSA", "2020-01-01T00:00:00Z"))
    assert keyring("check", "--policy", "policy.toml", "--url", url) == ("ring: state 1, 1 key, no problem\n", "")
    Path("policy.toml").write_text(ROW.format("ML-DSA-65", "2099-01-01T00:00:00Z"))
    what = "from 2099-01-01T00:00:00Z on, tokens of i for a with ML-DSA-65 fail: the ring has no active key; rotate be"
    out, err = keyring("check", "--policy", "policy.toml", exit_code=1)
    assert (out, err.startswith(f"problem: row 1: {what}")) == ("", True)
    out, err = keyring("check", "--policy", "policy.toml", "--json", exit_code=1)
    found = json.loads(out)
    assert (found["counter"], found["keys"], len(found["problems"]), err) == (1, 1, 1, "")
    keyring("rotate", "EdDSA")
    assert keyring("check")[0] == "ring: state 2, 2 keys, no problem; not compared with a policy: pass --policy\n"


def test_check_sees_an_old_manifest(url: str) -> None:
    """It is refused, and so is each change; the exit code is the one of an error."""
    old = Path("ring/manifest").read_bytes()
    keyring("rotate", "EdDSA")
    keyring("activate", "EdDSA")
    Path("ring/manifest").write_bytes(old)
    for command, more in (("check", ("--url", url)), ("check", ()), ("rotate", ("EdDSA",))):
        assert "expected a state from number 3 on, got 1; restore" in keyring(command, *more, exit_code=2)[1]
    assert len(list(Path("ring").glob("*.pem"))) == 1


def test_old_ring_is_refused_by_the_set_at_a_url_and_catches_up(url: str) -> None:
    """The key that was revoked is revoked again."""
    shutil.copytree("ring", "backup")
    with KeyRing.open("ring", b"correct horse") as ring:
        stolen = ring.keys[0].kid
    keyring("rotate", "EdDSA")
    keyring("revoke", stolen)
    Issuer.answer = published()
    shutil.rmtree("ring")
    shutil.copytree("backup", "ring")
    assert (
        f"problem: the published set names the key {stolen} as revoked"
        in keyring("check", "--url", url, exit_code=1)[1]
    )
    changes = [("rotate", "EdDSA"), ("activate", "EdDSA"), ("revoke", stolen), ("remove", stolen), ("prune",)]
    changes += [("set", "--max-age", "1"), ("import", "EdDSA", "--key", "password"), ("password",), ("jwks",)]
    for command in changes:
        error = keyring(*command, "--url", url, exit_code=2)[1]
        assert error.startswith("error: ring: the published set has the state number 3, and the ring only 1: it is an")
    out = keyring("catch-up", "--url", url)[0]
    assert out == f"ring: EdDSA key {stolen} is revoked\nring: the ring continues with state 4\n"
    assert json.loads(published())["qynauth_revoked"] == [stolen]
    assert keyring("rotate", "EdDSA", "--url", url)


def test_key_is_imported_with_its_kid() -> None:
    """The key may be PEM or JWK; the ring may be empty before."""
    write_password()
    assert keyring("create") == ("ring: the ring is empty; import a key, or rotate\n", "")
    Path("present.pem").touch(mode=0o600)
    Path("present.pem").write_bytes(generate("EdDSA").as_pem(private=True))
    out, err = keyring("import", "EdDSA", "--key", "present.pem", "--kid=-2025", "--active")
    assert (out, err) == ("ring: EdDSA key -2025 is active\n", "")
    with KeyRing.open("ring", b"correct horse") as ring:
        shown = keyring("show")[0].splitlines()[-3:]
        assert (shown[0], shown[2]) == ("-2025", f"  thumbprint {ring.keys[0].thumbprint}")
    jwk = {**generate("ML-DSA-65").as_dict(private=True), "kid": "of the JWK"}
    Path("jwk.json").write_text(json.dumps(jwk))
    Path("jwk.json").chmod(0o644)
    out, err = keyring("import", "ml-dsa-65", "--key", "jwk.json")
    assert out.startswith("ring: ML-DSA-65 key of the JWK is next; activate from ")
    assert err == "warning: jwk.json: mode 0644 lets others read this private key; run: chmod 600 jwk.json\n"
    assert [each["kid"] for each in json.loads(published())["keys"]] == ["-2025", "of the JWK"]
    assert keyring("import", "ES256", "--key", "jwk.json", exit_code=2)[1].startswith(
        "error: expected a private key for ES256 in PEM or as JWK, and its password if it is encrypted"
    )


def test_remote_key_is_imported_by_its_public_key() -> None:
    """Other users may read it; the ring shows that the private key is elsewhere, and has no file of it."""
    write_password()
    keyring("create")
    Path("kms.pem").write_bytes(generate("ML-DSA-65").as_pem(private=False))
    out, err = keyring("import", "ML-DSA-65", "--key", "kms.pem", "--kid", "kms-1", "--active", "--remote")
    assert (out, err) == ("ring: ML-DSA-65 key kms-1 is active\n", "")
    assert "\n  private key elsewhere\n" in keyring("show")[0]
    [key] = json.loads(keyring("show", "--json")[0])["keys"]
    assert (key["kid"], key["remote"]) == ("kms-1", True)
    assert not list(Path("ring").glob("*.pem"))
    error = keyring("import", "ML-DSA-65", "--key", "kms.pem", exit_code=2)[1]
    assert "error: expected a private key for ML-DSA-65 in PEM or as JWK" in error
    locked = ("--key", "kms.pem", "--key-password-file", "password")
    assert "has no --key-password-file" in keyring("import", "ML-DSA-65", *locked, "--remote", exit_code=2)[1]


def test_encrypted_key_is_imported_with_its_password() -> None:
    """The password comes from a file, since there is no terminal."""
    write_password()
    keyring("create")
    Path("locked.pem").touch(mode=0o600)
    Path("locked.pem").write_bytes(generate("ES256").as_pem(private=True, password=OF_KEY))
    done = run("keyring", "import", *PASSWORD, "ring", "ES256", "--key", "locked.pem")
    assert done.stderr.endswith(b"locked.pem: no terminal for a password prompt; use --key-password-file\n")
    Path("key-password").touch(mode=0o600)
    Path("key-password").write_text(f"{OF_KEY}\n")
    assert keyring("import", "ES256", "--key", "locked.pem", "--key-password-file", "key-password")[1] == ""


def test_durations_password_and_old_keys(url: str) -> None:
    """The commands report what they did; the old password is refused afterwards."""
    assert keyring("set", "--max-age", 86400)[0] == "ring: max age 86400 seconds, token lifetime 0 seconds\n"
    assert "missing option '--max-age' or '--token-lifetime'" in keyring("set", exit_code=2)[1]
    keyring("set", "--max-age", 0)
    with KeyRing.open("ring", b"correct horse") as ring:
        kid = ring.keys[0].kid
    keyring("revoke", kid)
    assert keyring("prune") == ("", "")  # earlier sets may be in use
    Path("new").touch(mode=0o600)
    Path("new").write_text("another\n")
    assert keyring("password", "--new-password-file", "new")[0].startswith("ring: the password is changed; restart ")
    assert keyring("show", exit_code=2)[1].startswith("error: ring: wrong password")
    assert call("keyring", "show", "ring", "--password-file", "new").exit_code == 0
    assert url


def test_prune_names_the_keys_that_it_forgets() -> None:
    """It prints nothing if there are none."""
    write_password()
    keyring("create", *AT_ONCE, "EdDSA")
    with KeyRing.open("ring", b"correct horse") as ring:
        kid = ring.keys[0].kid
    assert keyring("prune") == ("", "")
    keyring("rotate", "EdDSA")
    keyring("activate", "EdDSA")
    assert keyring("prune") == (f"ring: EdDSA key {kid} is removed\n", "")


def test_secrets_that_others_can_read_are_warned_of() -> None:
    """Warnings cover the password of a ring, its directory, and passwords of key files."""
    write_password()
    keyring("create", "EdDSA")
    Path("password").chmod(0o640)
    Path("ring").chmod(0o755)
    readable = "warning: password: mode 0640 lets others read this password; run: chmod 600 password\n"
    ring = "warning: ring: mode 0755 lets others use it; run chmod go=\n"
    assert keyring("show")[1] == ring + readable
    assert keyring("check", exit_code=1)[1] == f"{readable}problem: ring: mode 0755 lets others use it; run chmod go=\n"
    made = call("keygen", "ML-DSA-44", "--private", "key", "--public", "public", *PASSWORD)
    assert (made.exit_code, made.stderr) == (0, readable)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the ring to a service")
def test_rotation_by_root_leaves_the_ring_to_its_owner() -> None:
    """The rotation runs like `sudo qynauth-pqc keyring rotate`."""
    write_password()
    keyring("create", "EdDSA")
    for each in (Path("ring"), *Path("ring").iterdir()):
        os.chown(each, 54_321, 54_321)
    assert run("keyring", "rotate", *PASSWORD, "ring", "EdDSA").returncode == 0
    assert {each.stat().st_uid for each in Path("ring").iterdir()} == {54_321}


def test_url_that_nobody_answers_is_an_error(url: str) -> None:
    """An unsafe URL and a malformed set are errors too."""
    for wrong in ("http://127.0.0.1:1/jwks.json", "http://issuer.example/jwks.json"):
        assert keyring("check", "--url", wrong, exit_code=2)[1].startswith("error: ")
    Issuer.answer = b"SENTINEL"
    assert keyring("check", "--url", url, exit_code=2)[1].startswith("error: the published set is unusable: ")


def test_policy_is_compared_with_ring_and_published_set(url: str) -> None:
    """The warnings name the first failure first, and its time is in the JSON."""
    rows = ROW.format("EdDSA", "2020-01-01T00:00:00Z") + "until = 2099-06-01T00:00:00Z\n"
    Path("policy.toml").write_text(rows + ROW.format("ML-DSA-65", "2099-01-01T00:00:00Z"))
    words = ("policy", "check", "policy.toml", "--keyring", "ring", *PASSWORD, "--url", url)
    begin = "warning: row 2: from 2099-01-01T00:00:00Z on, tokens of i for a"
    old = "are signed with EdDSA instead of ML-DSA-65, until 1 June 2099 00:00 UTC"
    result = call(*words)
    assert result.stdout.splitlines()[2:4] == [
        f"{begin} {old}: the ring has no active key; rotate before 2099-01-01T00:00:00Z, and activate the key after it",
        f"{begin} with ML-DSA-65 fail: the published set has no key; publish it before the issuer signs",
    ]
    assert (result.exit_code, call("policy", "check", "policy.toml", "--url", url).exit_code) == (1, 0)
    assert json.loads(call(*words, "--json").stdout)["first_failure"] == "2099-01-01T00:00:00+00:00"
    keyring("rotate", "ML-DSA-65")
    keyring("activate", "ML-DSA-65")
    Issuer.answer = published()
    result = call(*words, "--json")
    found = json.loads(result.stdout)
    assert (found["first_failure"], found["warnings"], result.exit_code) == (None, [], 0)
    assert "--password-file needs --keyring" in call("policy", "check", "policy.toml", *PASSWORD).stderr


def test_help_names_every_command_and_algorithm() -> None:
    """The page of the group names them, and one hybrid as an example."""
    shown = call("keyring", "--help").stdout
    assert all(f"  {name} " in shown for name in ("import", "check", "prune", "set", "password", "catch-up"))
    assert {each.name for each in ALGORITHMS.values() if not each.experimental} <= set(re.findall(r"[\w-]+", shown))
    assert run_on_terminal("keyring", "check", "--help")[0] == 0
