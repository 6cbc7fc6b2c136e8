"""TUF and in-toto verify repositories and supply chains that are signed with our keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from in_toto.exceptions import SignatureVerificationError, ThresholdVerificationError
from in_toto.models.layout import Layout, Step
from in_toto.models.link import Link
from in_toto.models.metadata import Envelope as InTotoEnvelope
from in_toto.verifylib import in_toto_verify
from securesystemslib.signer import Signature
from tuf.api.dsse import SimpleEnvelope
from tuf.api.exceptions import DownloadHTTPError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig
from tuf.ngclient.config import EnvelopeType

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.dsse import Scheme, sign
from qynauth_pqc.dsse.securesystemslib import MLDSASigner, register, unregister

EXPIRES = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
SIGNERS = [MLDSASigner(MLDSAPrivateKey.from_seed(bytes([fill]) * 32, "ML-DSA-44")) for fill in range(4)]
ROOT_SIGNERS, ONLINE, STRANGER = SIGNERS[:2], SIGNERS[2], SIGNERS[3]
TARGET = b"Dear reader\n"
ROLES = ("root", "timestamp", "snapshot", "targets")


@pytest.fixture(params=["their verification", "our verification"], autouse=True)
def verification(request: pytest.FixtureRequest) -> Iterator[None]:
    """Verify by the class of securesystemslib, and by ours."""
    if request.param == "our verification":
        register()
    yield
    unregister()


class Mirror(FetcherInterface):
    """A repository in memory, in the place of a server."""

    def __init__(self, envelope: EnvelopeType) -> None:
        """Make and sign the first version."""
        self.files: dict[str, bytes] = {"letter.txt": TARGET}
        self.envelope, self.version = envelope, 0
        self.publish()

    def publish(self, online: MLDSASigner = ONLINE, root_signers: list[MLDSASigner] = ROOT_SIGNERS) -> None:
        """Sign the next version of each role, with two keys for the root."""
        self.version += 1
        target = TargetFile.from_data("letter.txt", self.files["letter.txt"])
        root = Root(version=self.version, expires=EXPIRES, consistent_snapshot=False)
        for signer in root_signers:
            root.add_key(signer.public_key, Root.type)
        root.roles[Root.type].threshold = 2
        for role in ROLES[1:]:
            root.add_key(online.public_key, role)
        snapshot = Snapshot(version=self.version, expires=EXPIRES, meta={"targets.json": MetaFile(self.version)})
        self.put(Root.type, root, root_signers)
        self.put("targets", Targets(version=self.version, expires=EXPIRES, targets={"letter.txt": target}), [online])
        self.put("snapshot", snapshot, [online])
        timestamp = Timestamp(version=self.version, expires=EXPIRES, snapshot_meta=MetaFile(self.version))
        self.put("timestamp", timestamp, [online])

    def put(self, role: str, signed: Any, signers: list[MLDSASigner]) -> None:
        """Sign metadata, as TUF does or in our envelope."""
        name = f"{self.version}.{role}" if role == Root.type else role
        if self.envelope is EnvelopeType.SIMPLE:
            payload = SimpleEnvelope.from_signed(signed).payload
            keys = [signer._private_key for signer in signers]
            data = sign(payload, SimpleEnvelope.DEFAULT_PAYLOAD_TYPE, keys, scheme=Scheme.SECURESYSTEMSLIB)
        else:
            metadata = Metadata(signed)
            for signer in signers:
                metadata.sign(signer, append=True)
            data = metadata.to_bytes()
        self.files[f"{name}.json"] = data

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Return a file."""
        name = url.rpartition("/")[2]
        if name not in self.files:
            raise DownloadHTTPError(f"no {name}", 404)
        return iter([self.files[name]])


@pytest.fixture(params=[EnvelopeType.METADATA, EnvelopeType.SIMPLE], ids=["metadata", "envelopes"])
def mirror(request: pytest.FixtureRequest) -> Mirror:
    """Return a repository, with the metadata of TUF, and with envelopes."""
    return Mirror(request.param)


def update(mirror: Mirror, folder: Path, root: bytes | None = None) -> bytes:
    """Return the target as the client of python-tuf downloads it."""
    folder.mkdir(exist_ok=True)
    updater = Updater(
        str(folder),
        "https://shire.example/metadata",
        str(folder),
        "https://shire.example/targets",
        fetcher=mirror,
        config=UpdaterConfig(envelope_type=mirror.envelope),
        bootstrap=root or mirror.files["1.root.json"],
    )
    updater.refresh()
    info = updater.get_targetinfo("letter.txt")
    assert info is not None
    return Path(updater.download_target(info)).read_bytes()


def test_client_updates(mirror: Mirror, tmp_path: Path) -> None:
    """It updates again after a new version with another key, which two keys of the root have signed."""
    root = mirror.files["1.root.json"]
    assert update(mirror, tmp_path / "client") == TARGET
    mirror.files["letter.txt"] = b"Dear readers\n"
    mirror.publish(online=STRANGER)
    assert update(mirror, tmp_path / "client", root) == b"Dear readers\n"


def other_target(mirror: Mirror) -> None:
    """Change the file."""
    mirror.files["letter.txt"] = TARGET.upper()


def other_metadata(mirror: Mirror) -> None:
    """Change the signed metadata, and leave the signature."""
    text = mirror.files["targets.json"]
    if mirror.envelope is EnvelopeType.SIMPLE:
        envelope = SimpleEnvelope.from_bytes(text)
        envelope.payload = envelope.payload.replace(b'"letter.txt"', b'"better.txt"')
        mirror.files["targets.json"] = envelope.to_bytes()
    else:
        mirror.files["targets.json"] = text.replace(b'"letter.txt"', b'"better.txt"')


def other_key(mirror: Mirror) -> None:
    """Sign with a key that the root does not have, under the name of one that it has."""
    resign(mirror, lambda payload: STRANGER.sign(payload).signature)


def plain_signature(mirror: Mirror) -> None:
    """Sign with the right key, but not according to TAP 21."""
    resign(mirror, lambda payload: ONLINE._private_key.sign(payload).hex())


def resign(mirror: Mirror, made: Callable[[bytes], str]) -> None:
    """Replace the signature of the timestamp."""
    keyid, text = ONLINE.public_key.keyid, mirror.files["timestamp.json"]
    if mirror.envelope is EnvelopeType.SIMPLE:
        envelope = SimpleEnvelope.from_bytes(text)
        envelope.signatures[keyid] = Signature(keyid, made(envelope.pae()))
        mirror.files["timestamp.json"] = envelope.to_bytes()
    else:
        metadata: Any = Metadata.from_bytes(text)
        metadata.signatures[keyid] = Signature(keyid, made(metadata.signed_bytes))
        mirror.files["timestamp.json"] = metadata.to_bytes()


def one_signature_of_the_root(mirror: Mirror) -> None:
    """Publish a root that one key has signed, twice."""
    mirror.publish()
    found = json.loads(mirror.files["2.root.json"])
    found["signatures"] = found["signatures"][:1]
    mirror.files["2.root.json"] = json.dumps(found).encode()


def older_version(mirror: Mirror) -> None:
    """Restore the previously signed metadata."""
    before = dict(mirror.files)
    mirror.publish()
    mirror.files["timestamp.json"] = before["timestamp.json"]
    mirror.files["targets.json"] = before["targets.json"]


def other_root_keys(mirror: Mirror) -> None:
    """Publish a root with other keys, unsigned by the previous keys."""
    mirror.publish(root_signers=[ONLINE, STRANGER])


@pytest.mark.parametrize(
    "tamper",
    [
        *(other_target, other_metadata, other_key, plain_signature),
        *(one_signature_of_the_root, older_version, other_root_keys),
    ],
)
def test_client_refuses_what_was_tampered_with(
    tamper: Callable[[Mirror], None], mirror: Mirror, tmp_path: Path
) -> None:
    """It has no file then, and had one before."""
    root = mirror.files["1.root.json"]
    assert update(mirror, tmp_path / "before") == TARGET
    tamper(mirror)
    with pytest.raises(RepositoryError) as caught:
        update(mirror, tmp_path / "after", root)
    if tamper not in (other_target, older_version):
        assert isinstance(caught.value, UnsignedMetadataError)
    assert not (tmp_path / "after" / "letter.txt").exists()


def in_toto_key(signer: MLDSASigner) -> dict[str, Any]:
    """Return a key as the files of in-toto have it."""
    return {"keyid": signer.public_key.keyid, **signer.public_key.to_dict()}


def in_toto_envelope(signed: Layout | Link, signer: MLDSASigner) -> InTotoEnvelope:
    """Return the envelope of in-toto for a layout or a link, with a signature of this library."""
    envelope = InTotoEnvelope.from_signable(signed)
    envelope.create_signature(signer)
    return envelope


def test_in_toto_verifies_a_supply_chain(tmp_path: Path) -> None:
    """Layout and link have different keys; other keys are refused."""
    owner, functionary = ROOT_SIGNERS
    layout = Layout(steps=[Step(name="build", pubkeys=[functionary.public_key.keyid])])
    layout.add_functionary_key(in_toto_key(functionary))
    link = Link(name="build", products={"letter.txt": {"sha256": "0" * 64}})
    name = tmp_path / f"build.{functionary.public_key.keyid[:8]}.link"
    in_toto_envelope(link, functionary).dump(str(name))
    signed = in_toto_envelope(layout, owner)
    keys = {owner.public_key.keyid: in_toto_key(owner)}
    in_toto_verify(signed, keys, link_dir_path=str(tmp_path), persist_inspection_links=False)
    with pytest.raises(SignatureVerificationError):
        in_toto_verify(signed, {STRANGER.public_key.keyid: in_toto_key(STRANGER)}, link_dir_path=str(tmp_path))
    in_toto_envelope(link, STRANGER).dump(str(name))
    with pytest.raises(ThresholdVerificationError):
        in_toto_verify(signed, keys, link_dir_path=str(tmp_path))
