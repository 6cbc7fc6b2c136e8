"""Keys are saved whole or not at all, for their owner only, and never over another file unless requested."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import private_class

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PasswordError,
    SeedUnavailableError,
    WrongAlgorithmError,
    XWingPrivateKey,
    load_private_key,
    load_private_key_file,
    load_public_key,
    load_public_key_file,
)
from qynauth_pqc._keys.parameter_sets import OFFERED
from qynauth_pqc._keys.writing import NewFile, write_files
from qynauth_pqc.metrics._snapshot import snapshot

NAMES = ["ML-KEM-512", "ML-DSA-87", "X-Wing", "MLDSA65-Ed25519-SHA512", "MLDSA87-ECDSA-P384-SHA512"]
KEYS = [pytest.param(private_class(name).generate(name), id=name) for name in NAMES if name in OFFERED]
KEY = MLDSAPrivateKey.generate("ML-DSA-44")
NOBODY = 65534


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield an empty folder, where the test runs, with the umask of the machine."""
    monkeypatch.chdir(tmp_path)
    umask = os.umask(0o022)
    yield tmp_path
    os.umask(umask)


def modes(*names: str) -> list[int]:
    """Return the modes of files."""
    return [stat.S_IMODE(Path(name).stat().st_mode) for name in names]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("password", [None, b"password"])
def test_saved_keys_are_loaded(key: Any, password: bytes | None) -> None:
    """They are PEM, with the seed if there is one, and load with the caller's options."""
    key.save("private.pem", password)
    key.public_key.save(Path("public.pem"))
    loaded = load_private_key_file("private.pem", password, code_path="portable")
    kept = "private_bytes" if isinstance(key, CompositePrivateKey) else "seed"
    assert (getattr(loaded, kept)(), loaded.code_path) == (getattr(key, kept)(), "portable")
    public = load_public_key_file(Path("public.pem"), code_path="portable")
    assert (public, public.code_path) == (key.public_key, "portable")
    label = b"-----BEGIN ENCRYPTED PRIVATE KEY" if password else b"-----BEGIN PRIVATE KEY"
    assert Path("private.pem").read_bytes().startswith(label)
    assert modes("private.pem", "public.pem") == [0o600, 0o644]


@pytest.mark.parametrize("kind", [MLKEMPrivateKey, MLDSAPrivateKey])
def test_key_without_a_seed_is_saved_with_its_password(kind: type[MLKEMPrivateKey | MLDSAPrivateKey]) -> None:
    """The expanded form is tried after the seed, with the same password."""
    made = kind.generate()
    expanded = kind.from_private_bytes(made.private_bytes())
    expanded.save("private.pem", b"password")
    assert Path("private.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY")
    assert load_private_key_file("private.pem", b"password").private_bytes() == made.private_bytes()


def test_key_without_a_seed_is_saved_expanded() -> None:
    """The expanded form is all that is known of it."""
    MLDSAPrivateKey.from_private_bytes(KEY.private_bytes()).save("key")
    loaded = load_private_key_file("key")
    assert loaded.public_key == KEY.public_key
    with pytest.raises(SeedUnavailableError):
        loaded.seed()


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_mode_does_not_depend_on_the_umask(umask: int) -> None:
    """A private key is never readable by others, and always by its owner."""
    os.umask(umask)
    KEY.save("key")
    KEY.public_key.save("public")
    os.umask(0)
    assert modes("key", "public") == [0o600, 0o666 & ~umask]


@pytest.mark.parametrize("key", [KEY, KEY.public_key])
def test_file_that_exists_is_replaced_only_if_asked(folder: Path, key: Any) -> None:
    """Nothing is left behind in either case."""
    Path("key").write_bytes(b"old")
    Path("key").chmod(0o666)
    with pytest.raises(FileExistsError, match=r"exists already; overwrite=True replaces it: 'key'$"):
        key.save("key")
    assert Path("key").read_bytes() == b"old"
    key.save("key", overwrite=True)
    assert Path("key").read_bytes() == bytes(key.to_pkcs8() if key is KEY else key.to_spki())
    assert modes("key") == [0o600 if key is KEY else 0o644]
    assert [each.name for each in folder.iterdir()] == ["key"]


def test_link_stays_where_its_file_is_replaced() -> None:
    """Without `overwrite`, a link counts as an existing file, even if it is dangling."""
    Path("link").symlink_to("target")
    with pytest.raises(FileExistsError):
        KEY.save("link")
    assert not Path("target").exists()
    KEY.save("link", overwrite=True)
    assert Path("link").is_symlink()
    assert load_private_key_file("target").public_key == KEY.public_key


def test_file_is_written_into_an_open_directory(folder: Path) -> None:
    """Another directory has taken its name. A link is replaced, and nothing is left of a file that stays."""
    (folder / "ring").mkdir()
    directory = os.open("ring", os.O_RDONLY | os.O_DIRECTORY)
    try:
        Path("ring").rename("moved")
        Path("ring").mkdir()
        Path("moved/key").symlink_to("target")
        write_files([NewFile("ring/key", b"new", secret=True)], overwrite=True, directory=directory)
        with pytest.raises(FileExistsError, match=r"exists already; --force replaces it: 'ring/key'$"):
            write_files(
                [NewFile("ring/key", b"late", secret=True)], overwrite=False, hint="--force", directory=directory
            )
    finally:
        os.close(directory)
    assert [*Path("ring").iterdir()] == []
    assert [(each.name, each.read_bytes()) for each in Path("moved").iterdir()] == [("key", b"new")]
    assert (modes("moved/key"), Path("moved/key").is_symlink()) == ([0o600], False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
def test_file_in_an_open_directory_belongs_to_its_owner(folder: Path) -> None:
    """A service could not read a file that root has made for it."""
    os.chown(folder, NOBODY, NOBODY)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        write_files([NewFile("key", b"new", secret=True)], overwrite=True, directory=directory)
    finally:
        os.close(directory)
        os.chown(folder, 0, 0)
    assert (Path("key").stat().st_uid, Path("key").stat().st_gid) == (NOBODY, NOBODY)


@pytest.mark.parametrize("refusal", [None, PermissionError(errno.EPERM, "Operation not permitted")])
def test_file_made_meanwhile_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refusal: PermissionError | None
) -> None:
    """Another process makes it after the check for a file, also without hard links."""
    link = os.link

    def link_late(source: str, target: str, **options: int | None) -> None:
        Path(target).write_bytes(b"theirs")
        if refusal:
            raise refusal
        link(source, target, **options)  # type: ignore[arg-type] # the options of `os.link` that are numbers

    monkeypatch.setattr(os, "link", link_late)
    with pytest.raises(FileExistsError, match="exists already"):
        KEY.save("key")
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("key", b"theirs")]


def test_key_is_saved_where_a_file_system_has_no_hard_links(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory stick has none."""

    def no_link(_source: str, _target: str, **_options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    KEY.save("key")
    assert load_private_key_file("key").public_key == KEY.public_key
    assert ([each.name for each in folder.iterdir()], modes("key")) == (["key"], [0o600])


@pytest.mark.parametrize("old", [[], [b"old"]], ids=["new", "replaced"])
@pytest.mark.parametrize("function", ["write", "fsync", "link and replace"])
def test_failure_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, function: str, old: list[bytes]
) -> None:
    """A full disk, for example, destroys no key, and leaves no half of one."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for each in old:
        Path("key").write_bytes(each)
    for name in function.split(" and "):
        monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="No space left on device: 'key'"):
        KEY.save("key", overwrite=bool(old))
    assert [each.read_bytes() for each in folder.iterdir()] == old


def test_private_key_stays_where_its_public_key_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have the public key mounted, which no rename replaces: no key is lost."""
    replace = os.replace

    def replace_others(source: str, target: str, **options: int | None) -> None:
        if target.endswith("public"):
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, target, **options)

    monkeypatch.setattr(os, "replace", replace_others)
    for name in ("private", "public"):
        Path(name).write_bytes(b"old")
    with pytest.raises(OSError, match="Device or resource busy: 'public'"):
        write_files(
            [NewFile("private", b"new", secret=True), NewFile("public", b"new", secret=False)],
            overwrite=True,
            hint="--force",
        )
    assert {each.name: each.read_bytes() for each in Path().iterdir()} == {"private": b"old", "public": b"old"}


def test_file_is_on_the_disk_before_it_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is on the disk too before `save` returns."""
    seen: list[tuple[bool, list[str]]] = []

    def look(descriptor: int) -> None:
        seen.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), [each.name for each in Path().iterdir()]))

    monkeypatch.setattr(os, "fsync", look)
    KEY.save("key")
    (of_file, (scratch,)), of_folder = seen
    assert (of_file, scratch[:13], of_folder) == (False, ".qynauth-pqc-", (True, ["key"]))


@pytest.mark.parametrize(("is_open", "named"), [(False, "."), (True, "key")], ids=["by its path", "open"])
def test_failure_to_sync_a_folder_names_it(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_open: bool,  # noqa: FBT001 - a row of the table
    named: str,
) -> None:
    """The command takes an error without a path for one of standard output. Of an open folder, the file is named."""
    sync = os.fsync

    def fail_for_a_folder(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_a_folder)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(OSError, match="Input/output error") as caught:
            write_files([NewFile("key", b"", secret=True)], overwrite=False, directory=directory if is_open else None)
    finally:
        os.close(directory)
    assert caught.value.filename == named


def test_folder_that_cannot_be_read_takes_a_file(folder: Path) -> None:
    """It is like a drop box: an error would come after the file had its name."""
    KEY.save("elsewhere.pem")  # it imports files that only root may read
    user = os.geteuid()
    if user == 0:
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        Path().chmod(0o300)
        KEY.save("private.pem")
    finally:
        os.seteuid(user)
        folder.chmod(0o700)
    assert load_private_key_file("private.pem").seed() == KEY.seed()


def test_only_one_of_many_processes_saves() -> None:
    """The others get an error, and the file holds the key of the one that saved."""
    program = """
import sys
from qynauth_pqc import MLDSAPrivateKey
key = MLDSAPrivateKey.generate("ML-DSA-44")
print(end=".", flush=True)
sys.stdin.read()
try:
    key.save("key")
    print(key.seed().view().hex())
except FileExistsError:
    print()
"""
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for each in started:
        assert each.stdout
        assert each.stdout.read(1) == "."
    seeds = [each.communicate()[0].strip() for each in started]
    assert [each for each in seeds if each] == [load_private_key_file("key").seed().view().hex()]


@pytest.mark.parametrize(
    ("path", "overwrite", "error", "message"),
    [
        ("none/key", False, FileNotFoundError, "No such file or directory: 'none/key'"),
        (".", False, FileExistsError, "exists already; overwrite=True replaces it: '.'"),
        (".", True, OSError, "not a regular file; name another file: '.'"),
        ("/dev/null", True, OSError, "not a regular file; name another file: '/dev/null'"),
        ("a\0b", False, ValueError, "embedded null"),
        (b"key", False, TypeError, "path must be str or os.PathLike of str, not bytes"),
        (1, False, TypeError, "expected str, bytes or os.PathLike object, not int"),
        ("key", "no", TypeError, "overwrite must be bool, not str"),
    ],
)
def test_path_that_cannot_be_written_is_named(
    folder: Path, path: Any, overwrite: Any, error: type[Exception], message: str
) -> None:
    """Nothing is written."""
    with pytest.raises(error, match=message):
        KEY.save(path, overwrite=overwrite)
    assert [*folder.iterdir()] == []


def test_key_that_cannot_be_encoded_leaves_no_file(folder: Path) -> None:
    """It does not change an existing file."""
    Path("key").write_bytes(b"old")
    with pytest.raises(InvalidLengthError, match="password"):
        KEY.save("key", b"", overwrite=True)
    closed = MLDSAPrivateKey.generate()
    closed.close()
    with pytest.raises(ClosedError):
        closed.save("key", overwrite=True)
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("key", b"old")]


def test_errors_of_loading_are_those_of_the_loaders() -> None:
    """Passwords, other contents, and errors of `open` are tried."""
    KEY.save("key", b"password")
    with pytest.raises(PasswordError):
        load_private_key_file("key")
    with pytest.raises(PasswordError):
        load_private_key_file("key", b"other")
    KEY.public_key.save("public")
    with pytest.raises(InvalidKeyError):
        load_private_key_file("public")
    with pytest.raises(FileNotFoundError, match="none"):
        load_public_key_file("none")
    for load in (load_private_key_file, load_public_key_file):
        with pytest.raises(IsADirectoryError):
            load(".")


@pytest.mark.parametrize("path", ["long", "/dev/zero"])
def test_file_is_read_up_to_the_longest_key(path: str) -> None:
    """A device has no end."""
    Path("long").write_bytes(KEY.to_pkcs8().view().tobytes() + b"\n" * 1_000_000)
    for load in (load_private_key_file, load_public_key_file):
        with pytest.raises(InvalidKeyError, match="16384 bytes"):
            load(path)


@pytest.mark.parametrize("path", ["signer.pem", Path("signer.pem")], ids=["str", "Path"])
def test_path_in_place_of_a_key_is_refused_with_the_function_that_takes_it(path: str | Path) -> None:
    """`load_private_key` and `load_public_key` take the contents of a file."""
    for load, name in (load_private_key, "load_private_key_file"), (load_public_key, "load_public_key_file"):
        with pytest.raises(TypeError, match=rf"; {name}\(\) takes a path$"):
            load(path)  # type: ignore[arg-type]


@pytest.mark.usefixtures("folder")
def test_load_returns_a_key_of_the_class() -> None:
    """A key of another class is an error that names its class, and is closed."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    key.save("private", b"password")
    key.public_key.save("public")
    assert MLDSAPrivateKey.load("private", b"password", locked_memory=True).public_key == key.public_key
    assert MLDSAPublicKey.load("public", code_path="portable") == key.public_key
    before = snapshot().live_handles
    with pytest.raises(WrongAlgorithmError, match=r"^expected a key of XWingPrivateKey, got ML-DSA-44: use MLDSAP"):
        XWingPrivateKey.load("private", b"password")
    with pytest.raises(WrongAlgorithmError, match=r"expected a key of MLKEMPublicKey, got ML-DSA-44: use MLDSAP"):
        MLKEMPublicKey.load("public")
    assert snapshot().live_handles == before
