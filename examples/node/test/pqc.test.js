import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { format, inspect } from "node:util";
import { DsaKeyPair, DsaPublicKey, KemKeyPair, KemPublicKey, metrics, PqcError, Status } from "../pqc.js";

const KEM_SETS = [512, 768, 1024];
const DSA_SETS = [44, 65, 87];
const message = Buffer.from("message");
const context = Buffer.from("context");
const empty = Buffer.alloc(0);
const status = (number) => (error) => error instanceof PqcError && error.status === number;

for (const set of KEM_SETS) {
  test(`ML-KEM-${set}: both sides share a secret`, () => {
    const alice = KemKeyPair.generate(set);
    const key = KemPublicKey.fromBytes(set, alice.publicKey().bytes());
    const { ciphertext, secret } = key.encapsulate();
    assert.deepEqual(alice.decapsulate(ciphertext), secret);

    ciphertext[0] ^= 1;
    const other = alice.decapsulate(ciphertext);
    assert.equal(other.length, 32);
    assert.notDeepEqual(other, secret);
    assert.throws(() => alice.decapsulate(ciphertext.subarray(1)), status(Status.CIPHERTEXT_LENGTH));
  });
}

for (const set of DSA_SETS) {
  test(`ML-DSA-${set}: a signature holds for its message and context`, () => {
    const signer = DsaKeyPair.generate(set);
    const key = DsaPublicKey.fromBytes(set, signer.publicKey().bytes());
    const signature = signer.sign(message, context);
    assert.equal(key.verify(message, context, signature), true);
    assert.equal(key.verify(empty, empty, signer.sign(empty, empty)), true);
    assert.equal(key.verify(Buffer.from("massage"), context, signature), false);
    assert.equal(key.verify(message, empty, signature), false);
    assert.equal(key.verify(message, context, signature.subarray(1)), false);
    signature[9] ^= 1;
    assert.equal(key.verify(message, context, signature), false);
    assert.throws(() => signer.sign(message, Buffer.alloc(256)), status(Status.CONTEXT_LENGTH));
  });
}

for (const [KeyPair, sets] of [[KemKeyPair, KEM_SETS], [DsaKeyPair, DSA_SETS]]) {
  for (const set of sets) {
    test(`${KeyPair.algorithm}-${set}: keys come back from their bytes`, () => {
      const pair = KeyPair.generate(set);
      const encoded = pair.publicKey().bytes();
      const expanded = KeyPair.fromPrivateKey(set, pair.privateKey());
      assert.deepEqual(KeyPair.fromSeed(set, pair.seed()).publicKey().bytes(), encoded);
      assert.deepEqual(expanded.publicKey().bytes(), encoded);
      assert.deepEqual(expanded.privateKey(), pair.privateKey());
      assert.throws(() => expanded.seed(), status(Status.SEED_UNAVAILABLE));
    });
  }
}

test("wrong inputs have their status", () => {
  assert.throws(() => KemKeyPair.generate(65), status(Status.UNKNOWN_PARAMETER_SET));
  assert.throws(() => KemKeyPair.fromSeed(768, Buffer.alloc(63)), status(Status.SEED_LENGTH));
  assert.throws(() => KemKeyPair.fromPrivateKey(768, empty), status(Status.PRIVATE_KEY_LENGTH));
  assert.throws(() => DsaKeyPair.fromSeed(65, Buffer.alloc(64)), status(Status.SEED_LENGTH));
  assert.throws(() => DsaPublicKey.fromBytes(65, Buffer.alloc(1)), {
    name: "PqcError",
    message: "public key has the wrong length (status 20)",
  });
});

test("only bytes are taken as bytes", () => {
  for (const wrong of ["a".repeat(64), new Array(64).fill(1), null, undefined, new Uint16Array(32)]) {
    assert.throws(() => KemKeyPair.fromSeed(768, wrong), TypeError);
  }
  assert.equal(KemKeyPair.fromSeed(768, new Uint8Array(64)).set, 768);
});

test("close ends a key once", () => {
  const before = metrics().live_handles;
  const pair = DsaKeyPair.generate(44);
  const key = pair.publicKey();
  const signature = pair.sign(message, context);
  pair.close();
  pair.close();
  assert.throws(() => pair.sign(message, context), { message: "ML-DSA-44 key pair is closed" });
  assert.throws(() => pair.publicKey(), { message: "ML-DSA-44 key pair is closed" });
  assert.equal(key.verify(message, context, signature), true);
  key.close();
  assert.equal(metrics().live_handles, before);
});

test("the collector ends what nobody closed", async () => {
  for (let i = 0; i < 50; i++) KemKeyPair.generate(512).publicKey();
  const before = metrics().live_handles;
  assert.ok(before >= 100);
  const deadline = Date.now() + 600_000;
  while (metrics().live_handles > before - 99) {
    assert.ok(Date.now() < deadline, `${metrics().live_handles} of ${before} handles are still alive`);
    globalThis.gc();
    await setImmediate();
  }
});

test("the text of a key holds no secret", () => {
  const pair = DsaKeyPair.generate(87);
  const text = [String(pair), inspect(pair), format("%o %O %j", pair, pair, pair), JSON.stringify(pair)];
  for (const one of text) assert.match(one, /^<?"?ML-DSA-87 key pair/);
  for (const one of text) assert.ok(!one.includes(pair.seed().subarray(0, 4).toString("hex")));
});

test("secrets are in memory of their own, which can be wiped", () => {
  const seed = KemKeyPair.generate(768).seed();
  assert.equal(seed.buffer.byteLength, 64);
  seed.fill(0);
  assert.deepEqual(seed, Buffer.alloc(64));
});

test("metrics count what was done", () => {
  const calls = (name) => metrics().operations.filter((one) => one.name === name).reduce((sum, one) => sum + one.calls, 0);
  const names = ["mlkem_keygen", "mlkem_encapsulate", "mlkem_decapsulate"];
  const before = names.map(calls);
  const wiped = metrics().bytes_wiped;
  const pair = KemKeyPair.generate(512);
  const { ciphertext } = pair.publicKey().encapsulate();
  for (let i = 0; i < 3; i++) pair.decapsulate(ciphertext);
  assert.deepEqual(names.map((name, i) => calls(name) - before[i]), [1, 1, 3]);
  assert.equal(metrics().live_buffers, 0);
  assert.ok(metrics().bytes_wiped > wiped);
});
