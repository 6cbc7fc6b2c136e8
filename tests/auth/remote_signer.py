"""A signer in a separate process, which alone has the private key, and the client that signs with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from typing import TYPE_CHECKING

from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey, load_public_key

if TYPE_CHECKING:
    from qynauth_pqc.native.inputs import BytesLike


def serve(channel: Connection, algorithm: str) -> None:
    """Sign each mu that arrives, until the channel is closed."""
    with MLDSAPrivateKey.generate(algorithm) as key:  # type: ignore[arg-type] # the name of one
        channel.send_bytes(key.public_key.to_spki("DER"))
        while True:
            try:
                mu = channel.recv_bytes(maxlength=64)
            except EOFError:
                return
            channel.send_bytes(key.sign_mu(mu))


class RemoteSigner:
    """A `Signer` with its private key in the other process, which sees mu and no message."""

    def __init__(self, channel: Connection) -> None:
        """Ask for the public key."""
        self._channel, self._lock = channel, Lock()
        key = load_public_key(channel.recv_bytes())
        assert isinstance(key, MLDSAPublicKey)
        self.public_key: MLDSAPublicKey = key
        self.algorithm = key.parameter_set.value

    def sign(self, message: BytesLike) -> bytes:
        """Send mu, and return the response."""
        with self.public_key.mu_hasher() as hasher:
            hasher.update(message)
            mu = hasher.finalize()
        with self._lock:
            self._channel.send_bytes(mu)
            return self._channel.recv_bytes()


@contextmanager
def remote_signer(algorithm: str) -> Iterator[RemoteSigner]:
    """Run such a process until the end of the block."""
    processes = get_context("spawn")
    here, there = processes.Pipe()
    process = processes.Process(target=serve, args=(there, algorithm))
    process.start()
    there.close()
    try:
        yield RemoteSigner(here)
    finally:
        here.close()
        process.join()
        assert process.exitcode == 0
