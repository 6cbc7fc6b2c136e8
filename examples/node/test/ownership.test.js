import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { format, inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { metrics, PrivateKey, PublicKey } from "../pqc.js";

const message = Buffer.from("message");
const context = Buffer.from("context");

test("close frees a key once", () => {
  const before = metrics().live_handles;
  const signer = PrivateKey.generate("ML-DSA-44");
  const key = signer.publicKey();
  const signature = signer.sign(message, context);
  signer.close();
  signer.close();
  assert.throws(() => signer.sign(message, context), { message: "ML-DSA-44 private key is closed" });
  assert.throws(() => signer.publicKey(), { message: "ML-DSA-44 private key is closed" });
  key.verify(message, context, signature);
  key.close();
  assert.equal(metrics().live_handles, before);
});

test("public keys of one private key are closed one by one", () => {
  const before = metrics().live_handles;
  const signer = PrivateKey.generate("ML-DSA-44");
  const [first, second] = [signer.publicKey(), signer.publicKey()];
  const encoded = first.bytes();
  first.close();
  assert.deepEqual(second.bytes(), encoded);
  signer.close();
  assert.deepEqual(second.bytes(), encoded);
  second.close();
  assert.equal(metrics().live_handles, before);
});

for (const end of ["return", "process.exit()", "throw new Error('on purpose')", "for (;;);"]) {
  test(`a worker that ends by "${end}" leaves no key behind`, async () => {
    const before = metrics().live_handles;
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
      import(${JSON.stringify(new URL("../pqc.js", import.meta.url).href)}).then(({ PrivateKey }) => {
        globalThis.kept = PrivateKey.generate("ML-DSA-44");
        globalThis.others = [kept.publicKey(), kept.publicKey()];
        PrivateKey.generate("X-Wing").close();
        parentPort.postMessage("ready");
        ${end};
      });`,
      { eval: true },
    );
    worker.on("error", (error) => assert.equal(error.message, "on purpose"));
    // Messages and errors come through separate ports, in no order; before the worker's exit both are read to the end.
    const ready = new Promise((resolve) => worker.on("message", resolve));
    const ended = new Promise((resolve) => worker.on("exit", resolve));
    await ready;
    if (end === "for (;;);") await worker.terminate();
    await ended;
    assert.equal(metrics().live_handles, before);
  });
}

test("the collector frees what nobody closed", async () => {
  const before = metrics().live_handles;
  for (let i = 0; i < 50; i++) PrivateKey.generate("ML-KEM-512").publicKey();
  assert.equal(metrics().live_handles, before + 100);
  for (let round = 0; metrics().live_handles > before + 1; round++) {
    assert.ok(round < 1000, `${metrics().live_handles - before} of 100 handles are still alive`);
    globalThis.gc();
    await setImmediate();
  }
});

test("the module can be loaded twice", async () => {
  const [key, native] = await Promise.all([import("../pqc.js?again"), import("../native.js?again")]);
  assert.notEqual(key.PrivateKey, PrivateKey);
  assert.notEqual(native.metrics, metrics);
  const signer = key.PrivateKey.generate("ML-DSA-44");
  PublicKey.fromBytes(44, signer.publicKey().bytes()).verify(message, context, signer.sign(message, context));
  assert.equal(native.metrics().live_handles, metrics().live_handles);
});

test("a handle can be neither read nor forged nor mistaken", () => {
  const key = PrivateKey.generate("ML-DSA-44");
  const shown = key.publicKey();
  assert.deepEqual([...Reflect.ownKeys(key), ...Reflect.ownKeys(shown)], []);
  const { verify } = PublicKey.prototype;
  for (const wrong of [key, {}, Object.create(shown), Object.setPrototypeOf(key, PublicKey.prototype)]) {
    assert.throws(() => verify.call(wrong, message, context, message), TypeError);
  }
  assert.throws(() => PrivateKey.prototype.sign.call(shown, message, context), TypeError);
  for (const Forged of [PrivateKey, PublicKey, Object.getPrototypeOf(PublicKey)]) {
    assert.throws(() => new Forged(Symbol("internal"), {}, () => 0), { message: /^keys are made by / });
  }
});

test("the text of a key holds no secret", () => {
  const key = PrivateKey.generate("ML-DSA-87");
  const text = [String(key), inspect(key), format("%o %O %j", key, key, key), JSON.stringify(key)];
  for (const one of text) assert.match(one, /^<?"?ML-DSA-87 private key/);
  for (const one of text) assert.ok(!one.includes(key.seed().subarray(0, 4).toString("hex")));
});
