import assert from "node:assert/strict";
import test from "node:test";
import { algorithms, metrics, PqcError, PrivateKey, PublicKey, Status } from "../pqc.js";

const names = (kind) => Object.values(algorithms).filter((row) => row.kind === kind).map((row) => row.name);
const composites = [
  "MLDSA44-Ed25519-SHA512",
  "MLDSA44-ECDSA-P256-SHA256",
  "MLDSA65-ECDSA-P256-SHA512",
  "MLDSA65-ECDSA-P384-SHA512",
  "MLDSA65-Ed25519-SHA512",
  "MLDSA87-ECDSA-P384-SHA512",
];
const slhdsa = ["SHA2", "SHAKE"].flatMap((hash) =>
  ["128s", "128f", "192s", "192f", "256s", "256f"].map((set) => `SLH-DSA-${hash}-${set}`),
);
const message = Buffer.from("message");
const context = Buffer.from("context");
const empty = Buffer.alloc(0);
const status = (number) => (error) => error instanceof PqcError && error.status === number;
const invalid = status(Status.INVALID_SIGNATURE);
const wrongAlgorithm = status(Status.WRONG_ALGORITHM);

test("the table has all algorithms", () => {
  assert.deepEqual(names("KEM"), ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", "X-Wing", "MLKEM768-P256", "MLKEM1024-P384"]);
  assert.deepEqual(names("signature"), ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", ...composites, ...slhdsa]);
  assert.deepEqual(composites.map((name) => algorithms[name].id - 0x60000), [39, 40, 45, 46, 48, 49]);
  assert.deepEqual(slhdsa.map((name) => algorithms[name].id - 205020), [...slhdsa.keys()]);
  assert.equal(algorithms["ML-KEM-768"].ciphertextBytes, 1088);
  assert.ok(Object.isFrozen(algorithms) && Object.isFrozen(algorithms["X-Wing"]));
});

for (const algorithm of names("KEM")) {
  test(`${algorithm}: both sides share a secret`, () => {
    const alice = PrivateKey.generate(algorithm);
    const key = PublicKey.fromBytes(algorithm, alice.publicKey().bytes());
    const { ciphertext, sharedSecret } = key.encapsulate();
    assert.deepEqual(alice.decapsulate(ciphertext), sharedSecret);

    ciphertext[0] ^= 1;
    const other = alice.decapsulate(ciphertext);
    assert.equal(other.length, 32);
    assert.notDeepEqual(other, sharedSecret);
    assert.throws(() => alice.decapsulate(ciphertext.subarray(1)), status(Status.CIPHERTEXT_LENGTH));
    assert.throws(() => alice.sign(message, context), wrongAlgorithm);
    assert.throws(() => key.verify(message, context, empty), wrongAlgorithm);
  });
}

for (const algorithm of names("signature")) {
  test(`${algorithm}: a signature holds for its message and context`, () => {
    const signer = PrivateKey.generate(algorithm);
    const key = PublicKey.fromBytes(algorithm, signer.publicKey().bytes());
    const signature = signer.sign(message, context);
    assert.ok(signature.length <= algorithms[algorithm].signatureBytes);
    key.verify(message, context, signature);
    key.verify(empty, empty, signer.sign(empty, empty));
    assert.throws(() => key.verify(Buffer.from("massage"), context, signature), invalid);
    assert.throws(() => key.verify(message, empty, signature), invalid);
    assert.throws(() => key.verify(message, context, signature.subarray(1)), invalid);
    signature[9] ^= 1;
    assert.throws(() => key.verify(message, context, signature), invalid);
    assert.throws(() => signer.sign(message, Buffer.alloc(256)), status(Status.CONTEXT_LENGTH));
    assert.throws(() => signer.decapsulate(empty), wrongAlgorithm);
    assert.throws(() => key.encapsulate(), wrongAlgorithm);
  });
}

for (const algorithm of composites) {
  test(`${algorithm}: a composite has no seed, and a point in its public key`, () => {
    const options = { codePath: "portable", lockedMemory: true };
    const key = PrivateKey.generate(algorithm, options);
    const loaded = PrivateKey.fromBytes(algorithm, key.bytes(), options);
    const encoded = key.publicKey().bytes();
    assert.deepEqual([loaded.bytes(), loaded.publicKey().bytes()], [key.bytes(), encoded]);
    assert.deepEqual({ ...loaded.options, ...options }, loaded.options);
    assert.throws(() => key.seed(), status(Status.SEED_UNAVAILABLE));
    assert.throws(() => PrivateKey.fromSeed(algorithm, Buffer.alloc(32)), wrongAlgorithm);
    encoded.subarray(-32).fill(0xff);
    assert.throws(() => PublicKey.fromBytes(algorithm, encoded), status(Status.PUBLIC_KEY_POINT));
  });
}

for (const { name, id } of Object.values(algorithms).filter((row) => row.seedBytes > 0)) {
  test(`${name}: keys come back from their bytes`, () => {
    const key = PrivateKey.generate(id);
    const encoded = key.publicKey().bytes();
    const expanded = PrivateKey.fromBytes(name, key.bytes());
    assert.deepEqual(PrivateKey.fromSeed(id, key.seed()).publicKey().bytes(), encoded);
    assert.deepEqual(expanded.publicKey().bytes(), encoded);
    assert.deepEqual(expanded.bytes(), key.bytes());
    assert.equal(expanded.publicKey().algorithm, name);
    if (name.startsWith("ML-")) assert.throws(() => expanded.seed(), status(Status.SEED_UNAVAILABLE));
    else assert.deepEqual(expanded.seed(), key.seed());
  });

  if (slhdsa.includes(name) && name.endsWith("s")) continue; // slow on the portable path

  test(`${name}: options reach the key`, () => {
    const options = { codePath: "portable", lockedMemory: true };
    const key = PrivateKey.generate(name, options);
    const keys = [
      key,
      PrivateKey.fromSeed(name, key.seed(), options),
      PrivateKey.fromBytes(name, key.bytes(), options),
      PublicKey.fromBytes(name, key.publicKey().bytes(), options),
    ];
    for (const each of keys) assert.deepEqual({ ...each.options, ...options }, each.options);
    assert.equal(PrivateKey.generate(name).options.lockedMemory, false);
  });
}

test("an unknown option is refused", () => {
  for (const wrong of [{ lockedmemory: true }, { lockedMemory: "false" }, { precompute: "other" }, { codePath: 2 }]) {
    assert.throws(() => PrivateKey.generate("X-Wing", wrong), TypeError);
  }
});

test("an algorithm is its name or its exact number", () => {
  for (const wrong of [2 ** 32 + 768, 768.9, "768", 769, -768, 768n, null, undefined, "ml-kem-768", "toString"]) {
    assert.throws(() => PrivateKey.generate(wrong), status(Status.UNKNOWN_ALGORITHM));
  }
});

test("wrong inputs have their status", () => {
  assert.throws(() => PrivateKey.fromSeed(768, Buffer.alloc(63)), status(Status.SEED_LENGTH));
  assert.throws(() => PrivateKey.fromBytes(768, empty), status(Status.PRIVATE_KEY_LENGTH));
  assert.throws(() => PrivateKey.fromSeed(65, Buffer.alloc(64)), status(Status.SEED_LENGTH));
  assert.throws(() => PublicKey.fromBytes(512, Buffer.alloc(800, 0xff)), PqcError);
  assert.throws(() => PublicKey.fromBytes(65, Buffer.alloc(1)), {
    name: "PqcError",
    message: "public key has the wrong length (status 20)",
  });
});

test("only bytes are taken as bytes", () => {
  const wrong = ["a".repeat(64), new Array(64).fill(1), null, undefined, new Uint16Array(32), new ArrayBuffer(64)];
  const proxy = new Proxy(new Uint8Array(64), {});
  for (const each of [...wrong, proxy, Object.create(new Uint8Array(64))]) {
    assert.throws(() => PrivateKey.fromSeed(768, each), TypeError);
  }
  assert.equal(PrivateKey.fromSeed(768, new Uint8Array(64)).algorithm, "ML-KEM-768");
});

test("the length of bytes is their own, whatever their properties say", () => {
  class Liar extends Uint8Array {
    get length() {
      return 2 ** 20;
    }
    get byteLength() {
      return 2 ** 20;
    }
  }
  const signer = PrivateKey.generate(44);
  const text = Liar.from(message);
  Object.defineProperty(text, "length", { value: 2 ** 20 });
  signer.publicKey().verify(message, context, signer.sign(text, context));
});

test("memory that was transferred, shrunk or is shared is refused", () => {
  const transferred = new Uint8Array(64);
  structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
  const shrunk = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 64 }), 0, 64);
  shrunk.buffer.resize(32);
  const signer = PrivateKey.generate(44);
  for (const each of [transferred, shrunk, new Uint8Array(new SharedArrayBuffer(64))]) {
    assert.throws(() => signer.sign(each, empty), TypeError);
  }
});

test("secrets are in memory of their own, which can be wiped", () => {
  const seed = PrivateKey.generate(768).seed();
  assert.equal(seed.buffer.byteLength, 64);
  seed.fill(0);
  assert.deepEqual(seed, Buffer.alloc(64));
});

test("metrics count what was done", () => {
  const calls = (name) =>
    metrics().operations.filter((one) => one.name === name).reduce((sum, one) => sum + one.calls, 0);
  const actions = ["generate", "encapsulate", "decapsulate"];
  const before = actions.map(calls);
  const wiped = metrics().bytes_wiped;
  const key = PrivateKey.generate(512);
  const { ciphertext } = key.publicKey().encapsulate();
  for (let i = 0; i < 3; i++) key.decapsulate(ciphertext);
  assert.deepEqual(actions.map((name, i) => calls(name) - before[i]), [1, 1, 3]);
  assert.equal(metrics().live_buffers, 0);
  assert.ok(metrics().bytes_wiped > wiped);
});
