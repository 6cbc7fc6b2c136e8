// The commands of demo.js.

import { closeSync, fchmodSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { algorithms, codePath, metrics, PqcError, PrivateKey, PublicKey, Status, version } from "./pqc.js";

const USAGE = `usage:
  pqc-demo-node public [--locked] SET KEYFILE OUT
  pqc-demo-node sign [--locked] SET KEYFILE MESSAGEFILE CONTEXT OUT
  pqc-demo-node verify [--locked] SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
  pqc-demo-node encapsulate [--locked] SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
  pqc-demo-node decapsulate [--locked] SET KEYFILE CIPHERTEXTFILE SECRETOUT
  pqc-demo-node demo [--locked]
SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), or another PQC_ALGORITHM_* of pqc_ffi.h.
Files hold raw bytes; KEYFILE holds the seed, or the private key if it has no seed.
With --locked, the library keeps the secrets of the key in locked memory.`;

const commands = { demo, public: publicKey, sign, verify, encapsulate, decapsulate };

function withKey(key, use) {
  try {
    return use(key);
  } finally {
    key.close();
  }
}

const isSeedless = (set) => Object.values(algorithms).some(({ id, seedBytes }) => id === set && seedBytes === 0);

/** Passes the key in a file to `use`, and wipes both. */
function withPrivateKey(options, set, keyFile, use) {
  const kept = readFileSync(keyFile);
  try {
    const load = isSeedless(set) ? PrivateKey.fromBytes : PrivateKey.fromSeed;
    return withKey(load(set, kept, options), use);
  } finally {
    kept.fill(0);
  }
}

function withPublicKey(options, set, publicFile, use) {
  return withKey(PublicKey.fromBytes(set, readFileSync(publicFile), options), use);
}

/** Writes a file that its owner alone may read, also where it existed with another mode, and wipes the secret. */
function writeSecret(file, secret) {
  try {
    const descriptor = openSync(file, "w", 0o600);
    try {
      if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600);
      writeFileSync(descriptor, secret);
    } finally {
      closeSync(descriptor);
    }
  } finally {
    secret.fill(0);
  }
}

function publicKey(options, set, keyFile, out) {
  withPrivateKey(options, set, keyFile, (key) => {
    withKey(key.publicKey(), (shown) => writeFileSync(out, shown.bytes()));
  });
}

function sign(options, set, keyFile, messageFile, context, out) {
  withPrivateKey(options, set, keyFile, (key) => {
    writeFileSync(out, key.sign(readFileSync(messageFile), Buffer.from(context)));
  });
}

function verify(options, set, publicFile, messageFile, context, signatureFile) {
  withPublicKey(options, set, publicFile, (key) => {
    key.verify(readFileSync(messageFile), Buffer.from(context), readFileSync(signatureFile));
  });
}

function encapsulate(options, set, publicFile, ciphertextOut, secretOut) {
  withPublicKey(options, set, publicFile, (key) => {
    const { ciphertext, sharedSecret } = key.encapsulate();
    writeSecret(secretOut, sharedSecret);
    writeFileSync(ciphertextOut, ciphertext);
  });
}

function decapsulate(options, set, keyFile, ciphertextFile, secretOut) {
  withPrivateKey(options, set, keyFile, (key) => {
    writeSecret(secretOut, key.decapsulate(readFileSync(ciphertextFile)));
  });
}

function demo(options) {
  console.log(`pqc_ffi ${version()} from Node, code path ${codePath()}`);
  for (const { name, kind } of Object.values(algorithms)) {
    withKey(PrivateKey.generate(name, options), (key) => {
      const use = kind === "KEM" ? exchange : signAndVerify;
      const result = withKey(key.publicKey(), (shown) => use(key, shown));
      console.log(`${name}: ${result}${key.options.lockedMemory ? ", key in locked memory" : ""}`);
    });
  }
  const count = (action) =>
    metrics().operations.filter(({ name }) => name === action).reduce((sum, { calls }) => sum + BigInt(calls), 0n);
  console.log(
    `counted: ${count("encapsulate")} encapsulations, ${count("decapsulate")} decapsulations, ` +
      `${count("sign")} signatures, ${count("verify")} verifications`,
  );
  console.log("ok");
}

function exchange(key, shown) {
  const { ciphertext, sharedSecret } = shown.encapsulate();
  const received = key.decapsulate(ciphertext);
  const same = received.equals(sharedSecret);
  received.fill(0);
  sharedSecret.fill(0);
  if (!same) throw new Error("the secrets differ");
  return `both sides have the same secret, ciphertext of ${ciphertext.length} bytes`;
}

function signAndVerify(key, shown) {
  const [message, context] = [Buffer.from("a message"), Buffer.from("demo")];
  const signature = key.sign(message, context);
  shown.verify(message, context, signature);
  try {
    shown.verify(message, Buffer.from("another context"), signature);
  } catch (error) {
    if (!isInvalidSignature(error)) throw error;
    return `signature of ${signature.length} bytes is valid, and not for another context`;
  }
  throw new Error("the signature is valid for another context");
}

export const isInvalidSignature = (error) => error instanceof PqcError && error.status === Status.INVALID_SIGNATURE;

/** Runs a command line. */
export function run([name, ...operands]) {
  if (operands.length === 0 && (name === "--help" || name === "-h")) return console.log(USAGE);
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : null;
  const options = { lockedMemory: operands[0] === "--locked" };
  const [set, ...files] = operands.slice(options.lockedMemory ? 1 : 0);
  if (command?.length !== 1 + (set === undefined ? 0 : 1) + files.length) {
    throw new Error("unknown command or wrong number of operands, see --help");
  }
  if (set !== undefined && !/^\d+$/.test(set)) throw new Error("the parameter set is not a number");
  command(options, Number(set), ...files);
}
