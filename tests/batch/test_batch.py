"""Batches of lists match the single operations in results and errors, with threads, progress and interruption."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from conftest import COMPOSITE, MLDSA, Sizes, private_class, settle

from qynauth_pqc import (
    BatchError,
    ClosedError,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    OutOfMemoryError,
    PQCError,
    UnsupportedError,
    XWingPrivateKey,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.mlkem import KEMPrivateKey

COUNT = 40


@pytest.fixture(scope="module")
def signer() -> MLDSAPrivateKey:
    """Return a key of ML-DSA."""
    return MLDSAPrivateKey.generate("ML-DSA-44")


@pytest.fixture(scope="module")
def receiver() -> MLKEMPrivateKey:
    """Return a key of ML-KEM."""
    return MLKEMPrivateKey.generate("ML-KEM-512")


def messages_of(count: int) -> list[bytes]:
    """Return messages of different lengths, the empty one among them."""
    return [b"message %d" % number * (number % 3) for number in range(count)]


@pytest.mark.parametrize("threads", [None, 1, 3])
@pytest.mark.parametrize("name", [sizes.name for sizes in (*MLDSA, *COMPOSITE)])
def test_signatures_match_single_calls(name: str, threads: int | None) -> None:
    """A deterministic batch returns the bytes of single calls; hedged signatures differ from them; all verify."""
    key: Any = private_class(name).generate_many(name, 1)[0]
    messages = messages_of(COUNT)
    fixed = sign_many(key, messages, b"context", threads, deterministic=True)
    assert fixed == [key.sign(message, context=b"context", deterministic=True) for message in messages]
    hedged = sign_many(key, messages, b"context", threads)
    assert not set(hedged) & set(fixed)
    for signatures in (fixed, hedged):
        assert verify_many(key.public_key, messages, signatures, b"context", threads) == [True] * COUNT


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_secrets_match_single_calls(kem: Sizes, threads: int | None) -> None:
    """Single calls and batches open the ciphertexts of a batch."""
    key = MLKEMPrivateKey.generate(kem.name)
    ciphertexts, sent = encapsulate_many(key.public_key, 130, threads)
    assert [key.decapsulate(ciphertext) for ciphertext in ciphertexts] == list(sent)
    assert decapsulate_many(key, ciphertexts, threads) == sent
    assert {len(ciphertext) for ciphertext in ciphertexts} == {kem.output}
    assert len(set(ciphertexts)) == 130


def test_a_key_of_its_own_for_each_item_of_any_set() -> None:
    """Keys of several parameter sets serve one batch, loaded or encoded."""
    sets = [name for name in ("ML-DSA-65", "ML-DSA-44", "ML-DSA-87") for _ in range(20)]
    signers = [MLDSAPrivateKey.generate(name) for name in sets]  # type: ignore[arg-type]
    messages = messages_of(60)
    signatures = sign_many(signers, messages)
    assert [len(signature) for signature in signatures] == [3309] * 20 + [2420] * 20 + [4627] * 20
    public_keys = [key.public_key for key in signers]
    assert verify_many(public_keys, messages, signatures) == [True] * 60
    encoded = [key.public_bytes() for key in public_keys]
    assert verify_many(encoded, messages, signatures, parameter_set=sets) == [True] * 60
    assert verify_many(public_keys[::-1], messages, signatures) == [False] * 60
    sets = [name for name in ("ML-KEM-768", "ML-KEM-512", "ML-KEM-1024") for _ in range(70)]
    receivers = [MLKEMPrivateKey.generate(name) for name in sets]  # type: ignore[arg-type]
    ciphertexts, sent = encapsulate_many([key.public_key for key in receivers])
    assert decapsulate_many(receivers, ciphertexts) == sent
    ciphertexts, sent = encapsulate_many([key.public_key.public_bytes() for key in receivers], parameter_set=sets)
    assert decapsulate_many(receivers, ciphertexts) == sent


def test_one_input_serves_every_item(signer: MLDSAPrivateKey) -> None:
    """A message that is bytes-like is signed by every key, an encoded key verifies every signature."""
    signers = MLDSAPrivateKey.generate_many("ML-DSA-44", 3)
    signatures = sign_many(signers, b"one message", b"context")
    assert verify_many([key.public_key for key in signers], b"one message", signatures, b"context") == [True] * 3
    encoded, signatures = signer.public_key.public_bytes(), sign_many(signer, messages_of(5))
    assert verify_many(encoded, messages_of(5), signatures, parameter_set="ML-DSA-44") == [True] * 5


def test_inputs_are_any_bytes_like_objects(signer: MLDSAPrivateKey) -> None:
    """An input may mix bytes, bytearray, memoryview and SecretBytes; contexts may be a tuple."""
    messages: list[Any] = [b"a", bytearray(b"b"), memoryview(b"cc")[:1], signer.seed()]
    signatures = sign_many(signer, messages, (b"", b"1", b"22", b"333"))
    plain = [b"a", b"b", b"c", bytes(signer.seed())]
    assert verify_many(signer.public_key, plain, signatures, [b"", b"1", b"22", b"333"]) == [True] * 4
    assert verify_many(signer.public_key, plain, signatures) == [True, False, False, False]


def test_items_stay_alive_and_unchanged_while_they_are_worked_on(signer: MLDSAPrivateKey) -> None:
    """A list may be cleared during the batch; a bytearray cannot be resized until it ends."""
    messages, changing = messages_of(3000), bytearray(b"message")
    expected = [*messages]

    def empty(_items: int) -> None:
        messages.clear()
        with pytest.raises(BufferError):
            changing.extend(b"more")

    signatures = sign_many(signer, messages, changing, progress=empty)
    settle()
    changing.extend(b"")
    assert verify_many(signer.public_key, expected, signatures, b"message") == [True] * 3000


def test_an_error_leaves_no_input_lent(signer: MLDSAPrivateKey) -> None:
    """Its traceback lends none either: the collector may find both in one cycle."""
    message = bytearray(b"message")
    with pytest.raises(BatchError) as caught:
        sign_many(signer, [message] * 3, [bytes(256), b"", b""])
    settle()
    message.extend(b"more")
    assert list(caught.value.errors) == [0]


def test_an_empty_batch_has_empty_results(signer: MLDSAPrivateKey, receiver: MLKEMPrivateKey) -> None:
    """There is nothing to call the callback for."""
    steps: list[int] = []
    assert verify_many(signer.public_key, [], [], progress=steps.append) == steps == []
    results: list[object] = [verify_many([], [], []), sign_many(signer, []), sign_many([], [])]
    assert [*results, MLKEMPrivateKey.generate_many("ML-KEM-512", 0)] == [[]] * 4
    assert len(decapsulate_many(receiver, [])) == 0
    ciphertexts, secrets = encapsulate_many(receiver.public_key, 0)
    assert (ciphertexts, list(secrets)) == ([], [])


@pytest.mark.parametrize("place", range(0, COUNT, 3))
def test_a_bad_signature_is_false_at_any_place(signer: MLDSAPrivateKey, place: int) -> None:
    """A forged signature, and one of a wrong length, do not affect others."""
    messages = messages_of(COUNT)
    good = sign_many(signer, messages)
    for bad in (bytes(2420), b"", good[place] + b"\0", good[place - 2]):
        valid = verify_many(signer.public_key, messages, [*good[:place], bad, *good[place + 1 :]])
        assert valid == [number != place for number in range(COUNT)]


def failed(function: Any, *arguments: Any, **options: Any) -> BatchError:
    """Return the error of a batch."""
    with pytest.raises(BatchError) as caught:
        function(*arguments, **options)
    return caught.value


@pytest.mark.parametrize("place", [0, 15, 16, COUNT - 1])
def test_a_bad_item_raises_when_the_batch_is_done(signer: MLDSAPrivateKey, place: int) -> None:
    """The error has the results of the others, and the error of the item."""
    messages, contexts = messages_of(COUNT), [b""] * COUNT
    signatures = sign_many(signer, messages)
    contexts[place] = bytes(256)
    error = failed(verify_many, signer.public_key, messages, signatures, contexts)
    assert error.results == [None if number == place else True for number in range(COUNT)]
    assert list(error.errors) == [place]
    assert isinstance(error.errors[place], InvalidLengthError)
    assert f"item {place}: context is longer than 255 bytes: expected at most 255 bytes, got 256" in str(error)
    error = failed(sign_many, signer, messages, contexts)
    assert [result is None for result in error.results] == [number == place for number in range(COUNT)]


def test_a_closed_key_or_input_among_others_is_a_bad_item(receiver: MLKEMPrivateKey) -> None:
    """Its neighbours are processed."""
    keys = MLDSAPrivateKey.generate_many("ML-DSA-44", 3)
    keys[1].close()
    error = failed(sign_many, keys, b"message")
    assert [type(each) for each in error.results] == [bytes, type(None), bytes]
    assert isinstance(error.errors[1], ClosedError)
    secret = receiver.seed()
    secret.close()
    error = failed(verify_many, keys[0].public_key, [b"message", secret], [error.results[0]] * 2)
    assert (error.results, type(error.errors[1])) == ([True, None], ClosedError)


def test_a_closed_key_for_all_items_is_refused() -> None:
    """There is nothing to be worked on."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    key.close()
    with pytest.raises(ClosedError):
        sign_many(key, [b"message"])


def test_bad_ciphertexts_and_keys_have_their_own_errors(receiver: MLKEMPrivateKey) -> None:
    """A missing shared secret raises its error; sizes are in the messages."""
    ciphertext, secret = receiver.public_key.encapsulate()
    error = failed(decapsulate_many, receiver, [ciphertext, ciphertext[1:], ciphertext])
    assert (error.results[0], error.results[-1]) == (secret, secret)
    with pytest.raises(InvalidCiphertextError, match="expected 768 bytes for ML-KEM-512, got 767"):
        error.results[1]
    encoded = receiver.public_key.public_bytes()
    keys = [encoded, encoded[1:], b"\xff" * 800, encoded]
    error = failed(encapsulate_many, keys, parameter_set="ML-KEM-512")
    assert [type(each) for each in error.errors.values()] == [InvalidKeyError, InvalidKeyError]
    assert "expected 800 bytes for ML-KEM-512, got 799" in str(error.errors[1])
    results: Any = error.results
    ciphertexts, secrets = results
    assert ciphertexts[1:3] == [None, None]
    assert (receiver.decapsulate(ciphertexts[0]), receiver.decapsulate(ciphertexts[3])) == (secrets[0], secrets[3])


def test_errors_can_be_pickled_and_hold_no_input(signer: MLDSAPrivateKey) -> None:
    """A worker process sends them to another."""
    error = failed(verify_many, signer.public_key, [b"message"], [b"signature"], [b"\x5a" * 256])
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (copy.results, str(copy), list(copy.errors)) == ([None], str(error), [0])
    assert isinstance(error, PQCError)
    assert "Z" not in repr(error)


def test_wrong_numbers_of_items_are_refused(signer: MLDSAPrivateKey, receiver: MLKEMPrivateKey) -> None:
    """The message says how many each input has."""
    with pytest.raises(InvalidLengthError, match=r"2 \(messages\), 1 \(signatures\)"):
        verify_many(signer.public_key, [b"a", b"b"], [b"c"])
    with pytest.raises(InvalidLengthError, match=r"1 \(private keys\), 2 \(ciphertexts\)"):
        decapsulate_many([receiver], [b"a", b"b"])
    with pytest.raises(InvalidLengthError, match=r"1 \(public keys\), 2 \(count\)"):
        encapsulate_many([receiver.public_key], 2)
    with pytest.raises(InvalidLengthError, match=r"count must be 0 to \d+: got -1"):
        MLKEMPrivateKey.generate_many("ML-KEM-512", -1)


SUBCLASS = """
from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.batch import encapsulate_many

class Small(int):
    def __mul__(self, other):
        return 32

ciphertexts, secrets = encapsulate_many(MLKEMPrivateKey.generate("ML-KEM-512").public_key, Small(1000))
assert len(ciphertexts) == len(secrets) == 1000
assert secrets[999] != bytes(32)
"""


def test_number_of_a_subclass_is_what_its_integer_is() -> None:
    """The memory of the secrets has the size of the integer, however the subclass multiplies."""
    subprocess.run([sys.executable, "-c", SUBCLASS], check=True)


def test_more_secrets_than_there_is_memory_are_an_error_of_the_tree(receiver: MLKEMPrivateKey) -> None:
    """The error is the same if C has no number for the bytes of the secrets."""
    for count in (sys.maxsize, sys.maxsize // 32):
        with pytest.raises(OutOfMemoryError):
            encapsulate_many(receiver.public_key, count)


@pytest.mark.parametrize(
    "call",
    [
        lambda dsa, _: verify_many(dsa, [b""], [b""]),
        lambda dsa, _: verify_many(dsa.public_key, ["text"], [b""]),  # type: ignore[list-item]
        lambda dsa, _: verify_many(dsa.public_key, "text", [b""]),  # type: ignore[arg-type]
        lambda dsa, _: verify_many(dsa.public_key, [b""], b"signature"),
        lambda dsa, _: verify_many([dsa.public_key, b""], [b"", b""], [b"", b""]),
        lambda dsa, _: verify_many(dsa.public_key, [b""], [b""], threads="2"),  # type: ignore[arg-type]
        lambda dsa, _: verify_many(dsa.public_key, 5, [b""]),  # type: ignore[arg-type]
        lambda dsa, _: sign_many(dsa, b"message"),
        lambda dsa, _: sign_many(dsa.public_key, [b"message"]),
        lambda _, kem: encapsulate_many(kem.public_key),
        lambda _, kem: decapsulate_many(kem, b"ciphertext"),
        lambda dsa, _: decapsulate_many([dsa], [b"ciphertext"]),
        lambda _, __: MLKEMPrivateKey.generate_many("ML-KEM-512", 1.5),  # type: ignore[arg-type]
        lambda _, __: MLKEMPrivateKey.generate_many(512, 1),  # type: ignore[arg-type]
    ],
)
def test_wrong_types_are_a_type_error(signer: MLDSAPrivateKey, receiver: MLKEMPrivateKey, call: Any) -> None:
    """A wrong type is refused before anything is processed."""
    with pytest.raises(TypeError):
        call(signer, receiver)


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_numbers_of_threads_out_of_bounds_are_refused(signer: MLDSAPrivateKey, threads: int) -> None:
    """Every batch refuses a number of threads that is out of bounds."""
    with pytest.raises(UnsupportedError, match="1 to 256"):
        sign_many(signer, [b""], threads=threads)
    with pytest.raises(UnsupportedError, match="1 to 256"):
        MLDSAPrivateKey.generate_many("ML-DSA-44", 1, threads=threads)


def test_unknown_parameter_sets_are_refused(receiver: MLKEMPrivateKey) -> None:
    """The message names all sets of the class, or of the kind of keys."""
    for name in ("ML-KEM-513", "ML-DSA-44"):
        with pytest.raises(UnsupportedError, match=r"expected one of ML-KEM-512, ML-KEM-768, ML-KEM-1024$"):
            MLKEMPrivateKey.generate_many(name, 1)  # type: ignore[arg-type]
    encoded = receiver.public_key.public_bytes()
    for keys in (encoded, [encoded]):
        with pytest.raises(UnsupportedError, match=r"expected one of ML-KEM-512, .*, MLKEM1024-P384$"):
            encapsulate_many(keys, 1, parameter_set="ML-DSA-44")


def test_unknown_parameter_set_among_others_spoils_no_other_item(
    signer: MLDSAPrivateKey, receiver: MLKEMPrivateKey
) -> None:
    """It is the error of its item, as is a set of the other kind of keys."""
    encoded = receiver.public_key.public_bytes()
    error = failed(encapsulate_many, [encoded] * 3, parameter_set=["", "ML-KEM-512", "ML-DSA-44"])
    assert {index: type(found) for index, found in error.errors.items()} == dict.fromkeys((0, 2), UnsupportedError)
    results: Any = error.results
    assert receiver.decapsulate(results[0][1]) == results[1][1]
    error = failed(encapsulate_many, [encoded] * 2, parameter_set=["", ""])
    assert list(error.errors) == [0, 1]
    public, signature = signer.public_key.public_bytes(), signer.sign(b"")
    error = failed(verify_many, [public] * 3, b"", [signature] * 3, parameter_set=["ML-DSA-44", "ML-KEM-512", "X"])
    results = error.results
    assert (results, results.all_valid) == ([True, None, None], False)


@pytest.mark.parametrize("keys", [lambda key: key, lambda key: [key] * 2, bytearray])
def test_encoded_keys_need_their_parameter_sets(signer: MLDSAPrivateKey, keys: Any) -> None:
    """Encoded keys need names, and as many as there are keys, whatever their length suggests."""
    encoded = keys(signer.public_key.public_bytes())
    with pytest.raises(TypeError, match="encoded public keys do not show their parameter sets; pass parameter_set="):
        verify_many(encoded, b"", [b""] * 2)
    for wrong in (5, b"ML-DSA-44", [b"ML-DSA-44"] * 2, [None] * 2, {"ML-DSA-44"}):
        with pytest.raises(TypeError, match="parameter_set"):
            verify_many(encoded, b"", [b""] * 2, parameter_set=wrong)  # type: ignore[arg-type]
    if isinstance(encoded, list):
        with pytest.raises(InvalidLengthError, match=r"2 \(public keys\), 3 \(parameter_set\)"):
            verify_many(encoded, b"", [b""] * 2, parameter_set=["ML-DSA-44"] * 3)


def test_loaded_keys_have_their_own_parameter_sets(signer: MLDSAPrivateKey, receiver: MLKEMPrivateKey) -> None:
    """Loaded keys take no names, not even the right ones."""
    for keys in (receiver.public_key, [receiver.public_key]):
        with pytest.raises(TypeError, match="loaded keys have theirs; omit it"):
            encapsulate_many(keys, 1, parameter_set="ML-KEM-512")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="loaded keys have theirs; omit it"):
        verify_many(signer.public_key, [b""], [b""], parameter_set=["ML-DSA-44"])
    assert verify_many([], [], [], parameter_set="ML-DSA-44") == []


def test_named_parameter_set_decides_and_not_the_length() -> None:
    """Of two sets with keys of one length, the named one counts."""
    other = MLDSAPrivateKey.generate("ML-DSA-65")
    encoded, signature = other.public_key.public_bytes(), other.sign(b"")
    error = failed(verify_many, [encoded] * 2, b"", [signature] * 2, parameter_set=["ML-DSA-65", "ML-DSA-44"])
    assert error.results == [True, None]
    assert "expected 1312 bytes for ML-DSA-44, got 1952" in str(error.errors[1])
    with pytest.raises(InvalidKeyError, match="expected 1312 bytes for ML-DSA-44, got 1952"):
        verify_many(encoded, b"", [signature], parameter_set="ML-DSA-44")


@pytest.mark.parametrize("progress", [None, bool], ids=["few", "slices"])
def test_verdicts_are_no_condition(signer: MLDSAPrivateKey, progress: Any) -> None:
    """A non-empty list is true, even with forged signatures. Without any signature, nothing was verified."""
    good = sign_many(signer, [b"a", b"b"])
    forged = verify_many(signer.public_key, [b"a", b"b"], [good[0], b"forged"], progress=progress)
    valid = verify_many(signer.public_key, [b"a", b"b"], good, progress=progress)
    none = verify_many(signer.public_key, [], [], progress=progress)
    assert (forged.all_valid, valid.all_valid, none.all_valid) == (False, True, False)
    for verdicts in (forged, valid, none):
        with pytest.raises(TypeError, match="use all_valid, or look at each"):
            bool(verdicts)
    assert forged == [True, False] == [*forged]
    assert pickle.loads(pickle.dumps(forged)).all_valid is False  # noqa: S301 - our own


def test_batches_take_keys_of_xwing() -> None:
    """Keys of X-Wing serve next to keys of ML-KEM, as handles and as encodings."""
    private_keys: list[KEMPrivateKey] = [
        *XWingPrivateKey.generate_many("X-Wing", 2),
        *MLKEMPrivateKey.generate_many("ML-KEM-512", 1),
    ]
    public_keys = [each.public_key for each in private_keys]
    encoded, sets = [each.public_bytes() for each in public_keys], [each.parameter_set for each in public_keys]
    for ciphertexts, sent in (encapsulate_many(public_keys), encapsulate_many(encoded, parameter_set=sets)):
        assert [len(each) for each in ciphertexts] == [1120, 1120, 768]
        assert decapsulate_many(private_keys, ciphertexts) == sent
    with pytest.raises(TypeError, match="or HybridKEMPublicKey objects, not MLDSAPublicKey"):
        encapsulate_many([public_keys[0], MLDSAPrivateKey.generate().public_key])  # type: ignore[list-item]


def test_progress_adds_up_to_the_items(signer: MLDSAPrivateKey) -> None:
    """It is called once a chunk, and there is more than one."""
    steps: list[int] = []
    sign_many(signer, messages_of(3000), progress=steps.append)
    assert (sum(steps), min(steps) > 0, len(steps) > 1) == (3000, True, True)


def test_an_error_of_the_callback_ends_the_batch(signer: MLDSAPrivateKey) -> None:
    """It reaches the caller, and no more is worked on."""
    steps: list[int] = []

    def stop(items: int) -> None:
        steps.append(items)
        raise KeyError(items)

    with pytest.raises(KeyError):
        sign_many(signer, messages_of(3000), progress=stop)
    assert len(steps) == 1


def test_ctrl_c_acts_between_chunks(signer: MLDSAPrivateKey) -> None:
    """Another thread raises a real signal during the second chunk, or at the latest after it."""
    steps: list[int] = []
    interrupt = threading.Thread(target=signal.raise_signal, args=[signal.SIGINT])

    def progress(items: int) -> None:
        steps.append(items)
        if len(steps) == 1:
            interrupt.start()
        else:
            interrupt.join()

    with pytest.raises(KeyboardInterrupt):
        sign_many(signer, messages_of(3000), progress=progress)
    assert 0 < sum(steps) < 3000


def test_refused_batch_keeps_no_key() -> None:
    """The key is freed when it is closed, as after any other batch."""
    settle()
    before = snapshot().live_handles
    key: Any = MLKEMPrivateKey.generate("ML-KEM-512")
    ciphertexts: Any = 5
    for refused, threads in ((ciphertexts, None), ([b""], 0)):
        with pytest.raises((TypeError, UnsupportedError)):
            decapsulate_many(key, refused, threads=threads)
    key.close()
    assert snapshot().live_handles == before
