// ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and composite signatures for Node through the C
// library pqc_ffi.
//
// A key is freed by close(), after the garbage collector finds it unreachable, or when its thread ends. Buffers that
// hold a secret (seeds, private keys, shared secrets) belong to the caller, who wipes them with `buffer.fill(0)`; the
// library's own copies are already wiped by then. A key belongs to the thread that made it: others load their own.

import { inspect } from "node:util";
import * as native from "./native.js";

export { codePath, metrics, PqcError, version } from "./native.js";

/** The statuses that a caller may want to distinguish; pqc_ffi.h has all of them. */
export const Status = Object.freeze({
  UNKNOWN_ALGORITHM: 2,
  WRONG_ALGORITHM: 11,
  PUBLIC_KEY_LENGTH: 20,
  PRIVATE_KEY_LENGTH: 21,
  SEED_LENGTH: 22,
  CIPHERTEXT_LENGTH: 23,
  CONTEXT_LENGTH: 24,
  INVALID_SIGNATURE: 50,
  PUBLIC_KEY_POINT: 52,
  CIPHERTEXT_POINT: 53,
  SEED_UNAVAILABLE: 60,
});

const KINDS = [undefined, "KEM", "signature"];
const table = native.readAlgorithms().map((row) => Object.freeze({ ...row, kind: KINDS[row.kind] }));
const rows = new Map(table.flatMap((row) => [[row.name, row], [row.id, row]]));

/** The library's algorithms, by name: "ML-KEM-768". */
export const algorithms = Object.freeze(Object.fromEntries(table.map((row) => [row.name, row])));

/** Returns the row of an algorithm that is given by its name or its id, and by nothing that would be converted. */
function algorithmRow(algorithm) {
  if (!rows.has(algorithm)) throw new native.PqcError(Status.UNKNOWN_ALGORITHM);
  return rows.get(algorithm);
}

const OPTIONS = new Map(
  Object.entries({
    codePath: [["portable", 1], ["avx2", 2], ["neon", 4], ["best", 8], ["avx512", 16], ["neon-sha3", 32]],
    lockedMemory: [[true, 256], [false, 0]],
    precompute: [[true, 512], [false, 1024]],
  }).map(([name, choices]) => [name, new Map(choices)]),
);

/** Returns the flags of options. None may be unknown: a misspelt `lockedMemory` must not go unnoticed. */
function flagsOf(options = {}) {
  return Object.entries(options).reduce((flags, [name, value]) => {
    const flag = OPTIONS.get(name)?.get(value);
    if (flag === undefined) throw new TypeError(`no key has the option ${name}: ${String(value)}`);
    return flags | flag;
  }, 0);
}

function optionsOf(flags) {
  const found = [...OPTIONS].map(([name, choices]) => [name, [...choices].find(([, flag]) => (flags & flag) === flag)]);
  return Object.fromEntries(found.flatMap(([name, choice]) => (choice ? [[name, choice[0]]] : [])));
}

const abandoned = new FinalizationRegistry(({ type, pointer }) => native.free(type, pointer));
const INTERNAL = Symbol("internal");

/** Returns the pointer to a key that is truly of this type and open. Set inside the class, for its private fields. */
let pointerOf;

/** Owns one native key. A key that the collector finds is freed between tasks, so never during a call. */
class Key {
  #type;
  #row;
  #pointer;

  static {
    pointerOf = (key, type) => {
      if (key.#type !== type) throw new TypeError(`not a ${type.noun}`);
      if (key.#pointer === null) throw new Error(`${key.#name} is closed`);
      return key.#pointer;
    };
  }

  constructor(caller, type, call) {
    if (caller !== INTERNAL) throw new TypeError("keys are made by generate, fromSeed, fromBytes and publicKey");
    this.#type = type;
    this.#pointer = native.create(type, call);
    this.#row = rows.get(native.number((out) => type.algorithm(this.#pointer, out)));
    abandoned.register(this, { type, pointer: this.#pointer }, this);
  }

  get #name() {
    return `${this.#row.name} ${this.#type.noun}`;
  }

  /** The algorithm's name. */
  get algorithm() {
    return this.#row.name;
  }

  /** The options in effect, which name a code path. */
  get options() {
    return optionsOf(native.number((out) => this.#type.options(pointerOf(this, this.#type), out)));
  }

  /** Returns the key in the encoding of its standard. A private key's is secret: its expanded key, X-Wing's seed. */
  bytes() {
    return native.take(1, (out) => this.#type.bytes(pointerOf(this, this.#type), out))[0];
  }

  /** Frees the key and wipes its secrets. Calling it again does nothing. */
  close() {
    if (this.#pointer === null) return;
    abandoned.unregister(this);
    native.free(this.#type, this.#pointer);
    this.#pointer = null;
  }

  /** Frees the key when a `using` block ends. */
  [Symbol.dispose ?? Symbol.for("nodejs.dispose")]() {
    this.close();
  }

  toString() {
    return this.#name;
  }

  toJSON() {
    return this.#name;
  }

  [inspect.custom]() {
    return `<${this.#name}>`;
  }
}

/** Makes a key with a call that receives the algorithm's id and the flags. */
function make(KeyClass, type, algorithm, options, call) {
  const { id } = algorithmRow(algorithm);
  const flags = flagsOf(options);
  return new KeyClass(INTERNAL, type, (out) => call(id, flags, out));
}

/** Makes a key of encoded bytes. */
function load(KeyClass, type, loader, algorithm, bytes, options) {
  return make(KeyClass, type, algorithm, options, (id, flags, out) => loader(id, flags, ...native.input(bytes), out));
}

/** A public key of any algorithm. An operation that the algorithm lacks throws WRONG_ALGORITHM. */
export class PublicKey extends Key {
  /** Loads an encoded public key, and checks it as the standard requires. */
  static fromBytes(algorithm, bytes, options) {
    return load(PublicKey, native.PUBLIC_KEY, native.PUBLIC_KEY.fromBytes, algorithm, bytes, options);
  }

  /** Returns a ciphertext for the owner of the key and the 32 bytes that both sides share, which are secret. */
  encapsulate() {
    const key = pointerOf(this, native.PUBLIC_KEY);
    const [ciphertext, sharedSecret] = native.take(2, (sealed, shared) => native.encapsulate(key, sealed, shared));
    return { ciphertext, sharedSecret };
  }

  /**
   * Returns if the owner of the key signed this message with this context. Otherwise it throws INVALID_SIGNATURE: there
   * is no result that a caller could forget to look at.
   */
  verify(message, context, signature) {
    const inputs = [message, context, signature].flatMap(native.input);
    native.check(native.verify(pointerOf(this, native.PUBLIC_KEY), ...inputs));
  }
}

/** A private key of any algorithm. An operation that the algorithm lacks throws WRONG_ALGORITHM. */
export class PrivateKey extends Key {
  /** Makes a key from the system's randomness. */
  static generate(algorithm, options) {
    return make(PrivateKey, native.PRIVATE_KEY, algorithm, options, native.generate);
  }

  /**
   * Makes the key of a seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing, 48, 72 or 96 for SLH-DSA of 128, 192 or 256
   * bits. A composite has no seed.
   */
  static fromSeed(algorithm, seed, options) {
    return load(PrivateKey, native.PRIVATE_KEY, native.fromSeed, algorithm, seed, options);
  }

  /**
   * Loads an expanded private key, which has no seed; X-Wing's encoding is its seed, SLH-DSA's contains it, a composite's is
   * both halves.
   */
  static fromBytes(algorithm, bytes, options) {
    return load(PrivateKey, native.PRIVATE_KEY, native.PRIVATE_KEY.fromBytes, algorithm, bytes, options);
  }

  /** Returns the public key, which stays usable after the private key is closed. */
  publicKey() {
    const key = pointerOf(this, native.PRIVATE_KEY);
    return new PublicKey(INTERNAL, native.PUBLIC_KEY, (out) => native.publicKey(key, out));
  }

  /** Returns the seed, which is secret; a PqcError with SEED_UNAVAILABLE if the key was loaded without. */
  seed() {
    return native.take(1, (out) => native.seed(pointerOf(this, native.PRIVATE_KEY), out))[0];
  }

  /**
   * Returns the 32 bytes that both sides share, which are secret. A ciphertext that was not made for this key is no
   * error: the result is another, unpredictable secret. For a hybrid with P-256 or P-384 it is a PqcError with
   * CIPHERTEXT_POINT if its point is not on the curve.
   */
  decapsulate(ciphertext) {
    const key = pointerOf(this, native.PRIVATE_KEY);
    return native.take(1, (out) => native.decapsulate(key, ...native.input(ciphertext), out))[0];
  }

  /**
   * Returns a signature of the message for a context of at most 255 bytes, which may be empty. Signatures of a composite
   * with ECDSA differ in length.
   */
  sign(message, context) {
    const key = pointerOf(this, native.PRIVATE_KEY);
    const inputs = [message, context].flatMap(native.input);
    return native.take(1, (out) => native.sign(key, ...inputs, 0, out))[0];
  }
}
