"""One key used by eight threads, with one of them closing it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from qynauth_pqc import ClosedError, MLDSAPrivateKey, MLKEMPrivateKey

THREADS = 8
ROUNDS = 200


def test_threads_share_a_key_and_agree() -> None:
    """Every operation of every thread on shared keys is right, also the first use of the public key."""
    private_key, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
    start = Barrier(THREADS)

    def work(number: int) -> int:
        start.wait()
        message = number.to_bytes(4, "big")
        for _ in range(ROUNDS):
            ciphertext, sent = private_key.public_key.encapsulate()
            assert private_key.decapsulate(ciphertext) == sent
            signer.public_key.verify(message, signer.sign(message))
        return number

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS))) == list(range(THREADS))


def test_closing_a_key_beside_its_use_is_an_error_and_never_a_crash() -> None:
    """A call in flight keeps the key alive; a later one finds it closed."""
    for _ in range(20):
        private_key, signer = MLKEMPrivateKey.generate(), MLDSAPrivateKey.generate()
        ciphertext, sent = private_key.public_key.encapsulate()
        start = Barrier(THREADS)

        def work(number: int) -> bool:
            start.wait()  # noqa: B023 - the pool ends before the next round
            if number == 0:
                private_key.close()  # noqa: B023
                signer.close()  # noqa: B023
                return True
            try:
                for _ in range(ROUNDS):
                    assert private_key.decapsulate(ciphertext) == sent  # noqa: B023
                    assert len(signer.sign(b"message")) == 3309  # noqa: B023
            except ClosedError:
                return True
            return False

        with ThreadPoolExecutor(THREADS) as pool:
            assert all(pool.map(work, range(THREADS)))
