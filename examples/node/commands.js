// The commands of demo.js.

import { readFileSync, writeFileSync } from "node:fs";
import { codePath, DsaKeyPair, DsaPublicKey, KemKeyPair, KemPublicKey, metrics, version } from "./pqc.js";

const USAGE = `usage:
  pqc-demo-node public SET SEEDFILE OUT
  pqc-demo-node sign SET SEEDFILE MESSAGEFILE CONTEXT OUT
  pqc-demo-node verify SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
  pqc-demo-node encapsulate SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
  pqc-demo-node decapsulate SET SEEDFILE CIPHERTEXTFILE SECRETOUT
  pqc-demo-node demo
SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA). Files hold raw bytes.`;

const commands = { public: publicKey, sign, verify, encapsulate, decapsulate };

/** Hands a pair to `use` and ends it; wipes the seed. */
function withPair(KeyPair, set, seedFile, use) {
  const seed = readFileSync(seedFile);
  let pair;
  try {
    pair = KeyPair.fromSeed(set, seed);
    return use(pair);
  } finally {
    pair?.close();
    seed.fill(0);
  }
}

function writeSecret(file, secret) {
  try {
    writeFileSync(file, secret, { mode: 0o600 });
  } finally {
    secret.fill(0);
  }
}

function publicKey(set, seedFile, out) {
  withPair(set >= 512 ? KemKeyPair : DsaKeyPair, set, seedFile, (pair) => {
    const key = pair.publicKey();
    writeFileSync(out, key.bytes());
    key.close();
  });
}

function sign(set, seedFile, messageFile, context, out) {
  withPair(DsaKeyPair, set, seedFile, (pair) => {
    writeFileSync(out, pair.sign(readFileSync(messageFile), Buffer.from(context)));
  });
}

function verify(set, publicFile, messageFile, context, signatureFile) {
  const key = DsaPublicKey.fromBytes(set, readFileSync(publicFile));
  const valid = key.verify(readFileSync(messageFile), Buffer.from(context), readFileSync(signatureFile));
  key.close();
  return valid ? 0 : 1;
}

function encapsulate(set, publicFile, ciphertextOut, secretOut) {
  const key = KemPublicKey.fromBytes(set, readFileSync(publicFile));
  const { ciphertext, secret } = key.encapsulate();
  key.close();
  writeSecret(secretOut, secret);
  writeFileSync(ciphertextOut, ciphertext);
}

function decapsulate(set, seedFile, ciphertextFile, secretOut) {
  withPair(KemKeyPair, set, seedFile, (pair) => writeSecret(secretOut, pair.decapsulate(readFileSync(ciphertextFile))));
}

function demo() {
  console.log(`pqc_ffi ${version()} from Node, code path ${codePath()}`);
  for (const set of [512, 768, 1024]) exchange(set);
  for (const set of [44, 65, 87]) signAndVerify(set);
  const counted = { mlkem_encapsulate: 0n, mlkem_decapsulate: 0n, mldsa_sign: 0n, mldsa_verify: 0n };
  for (const { name, calls } of metrics().operations) if (name in counted) counted[name] += BigInt(calls);
  const [encapsulations, decapsulations, signatures, verifications] = Object.values(counted);
  console.log(
    `counted: ${encapsulations} encapsulations, ${decapsulations} decapsulations, ` +
      `${signatures} signatures, ${verifications} verifications`,
  );
  console.log("ok");
}

function exchange(set) {
  const alice = KemKeyPair.generate(set);
  const key = alice.publicKey();
  const { ciphertext, secret } = key.encapsulate();
  const same = alice.decapsulate(ciphertext).equals(secret);
  secret.fill(0);
  alice.close();
  key.close();
  if (!same) throw new Error(`${alice}: the secrets differ`);
  console.log(`ML-KEM-${set}: both sides have the same secret, ciphertext of ${ciphertext.length} bytes`);
}

function signAndVerify(set) {
  const [message, context] = [Buffer.from("a message"), Buffer.from("demo")];
  const signer = DsaKeyPair.generate(set);
  const key = signer.publicKey();
  const signature = signer.sign(message, context);
  const right = key.verify(message, context, signature) && !key.verify(message, Buffer.from("another context"), signature);
  signer.close();
  key.close();
  if (!right) throw new Error(`${signer}: verification is wrong`);
  console.log(`ML-DSA-${set}: signature of ${signature.length} bytes is valid, and not for another context`);
}

/** Runs a command line; returns the exit code, or nothing for 0. */
export function run([name, ...operands]) {
  if (operands.length === 0 && name === "demo") return demo();
  if (operands.length === 0 && (name === "--help" || name === "-h")) return console.log(USAGE);
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : null;
  if (command === null || operands.length !== command.length) {
    throw new Error("unknown command or wrong number of operands, see --help");
  }
  if (!/^\d{1,9}$/.test(operands[0])) throw new Error("the parameter set is not a number");
  return command(Number(operands[0]), ...operands.slice(1));
}
