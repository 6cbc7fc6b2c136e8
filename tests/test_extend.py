"""A package of others is written with `qynauth_pqc.extend`: one test for each need, from outside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest
import signed_notes
from conftest import ROOT

import qynauth_pqc
from qynauth_pqc import (
    ClosedError,
    InvalidKeyError,
    MLDSAPrivateKey,
    SignaturePublicKey,
    UnsupportedError,
    extend,
)
from qynauth_pqc.extend import command

KEY = MLDSAPrivateKey.generate("ML-DSA-44")
TEXT = b"SENTINEL of a note"


def failing(message: bytes) -> NoReturn:
    """Fail, as a signer elsewhere does."""
    raise ConnectionError(len(message))


def frames(error: BaseException) -> list[str]:
    """Return the functions in a traceback."""
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


@pytest.mark.parametrize("module", [extend, command], ids=["extend", "command"])
def test_every_name_can_be_imported_and_is_in_the_table(module: ModuleType) -> None:
    """Names that are imported later are there too, and no others."""
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert f"`{name}`" in str(module.__doc__)
    with pytest.raises(AttributeError, match="has no attribute 'read_secret'"):
        extend.read_secret  # noqa: B018


def test_core_does_not_import_it() -> None:
    """It is for add-ons alone, and costs no program its start-up time."""
    program = "import sys, qynauth_pqc.cli.commands; print([name for name in sys.modules if 'extend' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("text", [TEXT, bytearray(TEXT), memoryview(TEXT)])
def test_inputs_are_bytes_like(text: extend.BytesLike) -> None:
    """Each kind of memory is read where it is; a text is refused by its name."""
    assert signed_notes.sign(text, KEY.sign).endswith(b"\n" + TEXT)
    assert extend.size_of(text) == len(TEXT)
    with pytest.raises(TypeError, match="text must be bytes, bytearray or memoryview, not str"):
        signed_notes.sign("text", KEY.sign)  # type: ignore[arg-type]


def test_frames_of_an_add_on_show_no_secret() -> None:
    """Its own frames are removed, as the frames of this package are; the frames of the caller's function stay."""
    with pytest.raises(ConnectionError) as failed:
        signed_notes.sign(TEXT, failing)
    assert frames(failed.value)[-1:] == ["failing"]
    assert "sign" not in frames(failed.value)
    with pytest.raises(FileNotFoundError) as missing:
        signed_notes.save("/none/note", KEY, TEXT)
    assert "save" not in frames(missing.value)


def test_verification_without_await_is_no_condition() -> None:
    """An add-on's coroutine raises in `if`, and has its result with `await`."""
    note = signed_notes.sign(TEXT, KEY.sign)
    forgotten = signed_notes.verify(note, KEY.public_key)
    with pytest.raises(TypeError, match="verify without await has checked nothing"):
        bool(forgotten)
    forgotten.close()
    assert asyncio.run(signed_notes.verify(note, KEY.public_key))


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A second call without `overwrite` changes neither file; a secret is only for its owner."""
    path = tmp_path / "note"
    signed_notes.save(path, KEY, TEXT)
    seed = Path(f"{path}.seed")
    assert signed_notes.load(path, KEY.public_key) == TEXT
    assert seed.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError, match="overwrite=True replaces it"):
        signed_notes.save(path, MLDSAPrivateKey.generate("ML-DSA-44"), TEXT)
    assert KEY.seed() == seed.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["note", "note.seed"]


def test_secrets_are_read_joined_and_closed(tmp_path: Path) -> None:
    """An object that holds a secret is closed at the end of its `with` statement."""
    (tmp_path / "secret").write_bytes(b"secret")
    with signed_notes.Labelled(tmp_path / "secret") as found:
        assert found.secret == b"label:secret"
    with pytest.raises(ClosedError):
        bytes(found.secret)
    memory = bytearray(b"secret")
    extend.wipe(memory)
    assert memory == bytes(6)


def test_paths_that_may_be_keys_are_not_shown(tmp_path: Path) -> None:
    """PEM in place of a path is a TypeError that names the right function."""
    with pytest.raises(TypeError, match=r"path must name a file, and is PEM; verify\(\) takes the note"):
        signed_notes.load("-----BEGIN PRIVATE KEY-----", KEY.public_key)
    assert extend.path_of(tmp_path) == str(tmp_path)
    (tmp_path / "file").write_bytes(b"data")
    with extend.open_path(tmp_path / "file") as file:
        assert file.read() == b"data"


def test_missing_package_names_the_command() -> None:
    """The error is Python's own."""
    with pytest.raises(ModuleNotFoundError, match="none_such") as missing, extend.extra("ssh"):  # noqa: S610 - not Django's
        import_module("none_such")
    assert extend.install_command("ssh") in str(missing.value)


def test_texts_are_strict() -> None:
    """Each has one form: no padding, no second member of one name, no key that is too costly."""
    assert extend.from_base64url(extend.to_base64url(b"\xfb\xff").encode()) == b"\xfb\xff"
    for refused in (b"-_8=", b"+/8", b"-_9"):
        with pytest.raises(ValueError, match=r"expected base64|base64 is not canonical"):
            extend.from_base64url(refused)
    for refused, url_safe in ((b"-_8=", False), (b"+/8=", True), (b"-/8=", None)):
        with pytest.raises(ValueError, match=r"expected base64|base64 mixes two alphabets"):
            extend.from_base64(refused, url_safe=url_safe)
    with pytest.raises(ValueError, match="two members with the same name"):
        extend.decode_json('{"a": 1, "a": 2}')
    assert extend.parse_toml("a = 1") == {"a": 1}
    with pytest.raises(ValueError, match="fewer than 4 dots"):
        extend.parse_toml("a.b.c.d.e = 1")


def test_keys_of_a_kind_are_found() -> None:
    """With their parameter sets, and a check of signatures that is no exception."""
    found = {each: kind for kind, each in extend.loadable(SignaturePublicKey)}
    assert found[KEY.parameter_set] is qynauth_pqc.MLDSAPublicKey
    assert isinstance(KEY.parameter_set, extend.ParameterSet)
    assert not extend.is_valid(KEY.public_key, b"another", KEY.sign(TEXT))
    hasher = extend.Hasher("SHA-256")
    hasher.update(b"")
    assert hasher.digest().hex()[:8] == "e3b0c442"
    with pytest.raises(InvalidKeyError, match="low order"):
        extend.check_ed25519_public(bytes(32))


def test_keys_in_jwk_are_read() -> None:
    """One or a set; a set with a secret is refused."""
    jwk = KEY.public_key.to_jwk()
    assert extend.jwk_bytes(extend.parse_jwk(str(jwk).replace("'", '"')), "pub") == KEY.public_key.public_bytes()
    required = {name: jwk[name] for name in ("kty", "alg", "pub")}
    assert extend.jwk_thumbprint(required) == KEY.public_key.jwk_thumbprint()
    assert extend.read_jwk_set({"keys": [jwk]}) == [jwk]
    with pytest.raises(InvalidKeyError, match="more than 256 keys"):
        extend.read_jwk_set({"keys": [jwk] * (extend.MOST_JWKS + 1)})
    with pytest.raises(InvalidKeyError, match=f"longer than {extend.LONGEST_JWK_SET} characters"):
        extend.parse_jwk(" " * (extend.LONGEST_JWK_SET + 1), longest=extend.LONGEST_JWK_SET)
    with pytest.raises(InvalidKeyError, match="private member priv"):
        extend.read_jwk_set({"keys": [KEY.to_jwk()]})
    with pytest.raises(InvalidKeyError, match="key_ops forbid it"):
        extend.check_jwk_purpose({**jwk, "key_ops": ["sign"]}, "verify")


PROGRAM = """
import os, sys
from qynauth_pqc.extend import open_streams, write_error, write_output
open_streams()
key = "-----BEGIN PRIVATE KEY-----" + 300 * "k"
sys.argv.append(key)
write_output(b"output")
try:
    raise ZeroDivisionError(key)
except ZeroDivisionError as error:
    write_error(error)
write_error(f"no file {key}")
os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
try:
    write_output(b"lost")
except OSError as error:
    write_error(error)
"""


def test_programs_show_no_key_and_report_lost_output() -> None:
    """Their errors have one line, without a message that may show an input; Python does not end with 120."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "output"
    first, second, third = done.stderr.splitlines()
    assert re.fullmatch(r"internal error: ZeroDivisionError in <string>, line \d+; please report it", first)
    assert second.startswith("an argument is too long or not printable")
    assert third.endswith("No space left on device")


def notes(folder: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    """Run the command of an add-on in a folder, and return its output and its errors."""
    program = [sys.executable, str(ROOT / "tests" / "support" / "notes_command.py"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a note to sign, a password and a public key."""
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "password").write_bytes(b"password\n")
    (tmp_path / "public").write_bytes(KEY.public_key.to_spki())
    with KEY.seed() as seed:
        (tmp_path / "key").write_bytes(b"note-key:" + bytes(seed))
    return tmp_path


def test_commands_sign_and_check(folder: Path) -> None:
    """With a key in an encoding of their own, which others may read; the exit code of a changed note is 1."""
    (folder / "key").chmod(0o644)
    assert "lets others read this private key" in notes(folder, "sign", "text", "--key", "key", "--out", "note")[1]
    assert notes(folder, "check", "note", "--key", "public")[0].split()[:3] == ["algorithm", "ML-DSA-44", "bytes"]
    with (folder / "note").open("ab") as note:
        note.write(b"!")
    assert notes(folder, "check", "note", "--key", "public", code=1) == ("", "error: note: changed\n")


def test_commands_make_keys_with_passwords(folder: Path) -> None:
    """They report the file, and take the key back with its password."""
    made = notes(folder, "keygen", "new", "--password-file", "password", "--json")[0]
    assert json.loads(made)["key"]["path"] == "new"
    assert (folder / "new").stat().st_mode & 0o777 == 0o600
    note = notes(folder, "sign", "text", "--key", "new", "--password-file", "password")[0]
    assert note.encode().endswith(b"\n" + TEXT)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["keygen", "-"], "secrets are read from and written to named files only"),
        (["keygen", "key"], "key: exists already; --force replaces it"),
        (["sign", "text", "--key", "text"], "text: expected a key of notes"),
        (["sign", "none", "--key", "key"], "none: No such file or directory; check the path"),
        (["sign", "text", "--signer", "none"], "no signer 'none' is installed"),
        (["check", "text", "--key", "public", "--algorithm", "ML-DSA-65"], "'ML-DSA-65' is for other commands"),
        (["check", "text", "--key", "public", "--algorithm", "ML-DSA"], "'ML-DSA' is unknown"),
        (["check", "text", "--key", "-----BEGIN PRIVATE KEY-----"], "expected the name of a file, got PEM"),
    ],
)
def test_errors_of_commands_have_one_form(folder: Path, arguments: list[str], error: str) -> None:
    """The first line begins with "error:", and the exit code is 2."""
    first = notes(folder, *arguments, code=2)[1].splitlines()[0]
    assert first.startswith("error: ")
    assert error in first


def test_keys_signers_and_passwords_of_commands_can_be_read_alone(folder: Path) -> None:
    """For a command that has read a file already."""
    data = (folder / "public").read_bytes()
    assert command.public_key_in("signature", "public", data, None) == KEY.public_key
    with command.open_password("key", str(folder / "password")) as password:
        assert password == b"password"
    with pytest.raises(UnsupportedError, match="no signer 'none' is installed"):
        command.load_signer("none")


def test_any_signer_is_a_word_and_no_value() -> None:
    """The add-ons of this package share it."""
    assert isinstance(extend.ANYONE, extend.Anyone)
