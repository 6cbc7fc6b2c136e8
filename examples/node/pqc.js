// ML-KEM (FIPS 203) and ML-DSA (FIPS 204) for Node through the C library pqc_ffi.
//
// A key is ended by close(), or after the garbage collector finds it unreachable. Buffers that hold a secret (seeds,
// private keys, shared secrets) belong to the caller, who ends them with `buffer.fill(0)`; the library's own copies are
// already wiped by then. A key belongs to the thread that made it: other threads load their own from the seed.

import { inspect } from "node:util";
import { check, codePath, dsa, input, kem, metrics, PqcError, take, version } from "./native.js";

export { codePath, metrics, PqcError, version };

/** The statuses that a caller may want to tell apart; pqc_ffi.h has all of them. */
export const Status = Object.freeze({
  UNKNOWN_PARAMETER_SET: 2,
  PUBLIC_KEY_LENGTH: 20,
  PRIVATE_KEY_LENGTH: 21,
  SEED_LENGTH: 22,
  CIPHERTEXT_LENGTH: 23,
  CONTEXT_LENGTH: 24,
  INVALID_SIGNATURE: 50,
  SEED_UNAVAILABLE: 60,
});

const abandoned = new FinalizationRegistry(({ free, pointer }) => free(pointer));

/** Owns one native object: freed once, by close() or by the collector. */
class Key {
  #name;
  #pointer;
  #free;

  constructor(name, free, create) {
    const out = [null];
    check(create(out));
    this.#name = name;
    this.#pointer = out[0];
    this.#free = free;
    abandoned.register(this, { free, pointer: out[0] }, this);
  }

  /** Frees the key and wipes its secrets. Calling it again does nothing. */
  close() {
    if (this.#pointer === null) return;
    abandoned.unregister(this);
    this.#free(this.#pointer);
    this.#pointer = null;
  }

  /** Ends the key at the end of a `using` block. */
  [Symbol.dispose ?? Symbol.for("nodejs.dispose")]() {
    this.close();
  }

  /** The native object, for calls: what the collector found is ended between tasks, so never during a call. */
  get _handle() {
    if (this.#pointer === null) throw new Error(`${this.#name} is closed`);
    return this.#pointer;
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

/** What the key pairs of both families share. The constructor is for the static methods. */
class KeyPair extends Key {
  constructor(set, create) {
    super(`${new.target.algorithm}-${set} key pair`, new.target.native.freePair, create);
    this.set = set;
  }

  /** Makes a key pair from the system's randomness. */
  static generate(set) {
    return new this(set, (out) => this.native.generate(set, 0, out));
  }

  /** Makes the key pair of a seed: 64 bytes for ML-KEM, 32 for ML-DSA. */
  static fromSeed(set, seed) {
    return new this(set, (out) => this.native.fromSeed(set, 0, input(seed), seed.length, out));
  }

  /** Loads an expanded private key, which has no seed. */
  static fromPrivateKey(set, key) {
    return new this(set, (out) => this.native.fromPrivateKey(set, 0, input(key), key.length, out));
  }

  /** Returns the public key, which lives on its own. */
  publicKey() {
    const { native, PublicKey } = this.constructor;
    return new PublicKey(this.set, (out) => native.publicKey(this._handle, out));
  }

  /** Returns the seed, which is secret; a PqcError with SEED_UNAVAILABLE if the pair was loaded without. */
  seed() {
    return take(1, (out) => this.constructor.native.seed(this._handle, out))[0];
  }

  /** Returns the expanded private key, which is secret. */
  privateKey() {
    return take(1, (out) => this.constructor.native.privateKey(this._handle, out))[0];
  }
}

/** What the public keys of both families share. */
class PublicKey extends Key {
  constructor(set, create) {
    super(`${new.target.algorithm}-${set} public key`, new.target.native.freePublicKey, create);
    this.set = set;
  }

  /** Loads an encoded public key. */
  static fromBytes(set, key) {
    return new this(set, (out) => this.native.fromBytes(set, 0, input(key), key.length, out));
  }

  /** Returns the encoded key. */
  bytes() {
    return take(1, (out) => this.constructor.native.bytes(this._handle, out))[0];
  }
}

export class KemPublicKey extends PublicKey {
  static algorithm = "ML-KEM";
  static native = kem;

  /** Returns a ciphertext for the owner of the key and the 32 bytes that both sides share, which are secret. */
  encapsulate() {
    const [ciphertext, secret] = take(2, (sealed, shared) => kem.encapsulate(this._handle, sealed, shared));
    return { ciphertext, secret };
  }
}

/** A decapsulation key with its encapsulation key; sets 512, 768 and 1024. */
export class KemKeyPair extends KeyPair {
  static algorithm = "ML-KEM";
  static native = kem;
  static PublicKey = KemPublicKey;

  /**
   * Returns the 32 bytes that both sides share, which are secret. A ciphertext that was not made for this key is no
   * error: it gives another, unpredictable secret.
   */
  decapsulate(ciphertext) {
    return take(1, (out) => kem.decapsulate(this._handle, input(ciphertext), ciphertext.length, out))[0];
  }
}

export class DsaPublicKey extends PublicKey {
  static algorithm = "ML-DSA";
  static native = dsa;

  /** Returns whether the owner of the key made this signature for this message and context. */
  verify(message, context, signature) {
    const [text, about, signed] = [message, context, signature].map(input);
    const status = dsa.verify(this._handle, text, text.length, about, about.length, signed, signed.length);
    if (status === Status.INVALID_SIGNATURE) return false;
    check(status);
    return true;
  }
}

/** A private key with its public key; sets 44, 65 and 87. */
export class DsaKeyPair extends KeyPair {
  static algorithm = "ML-DSA";
  static native = dsa;
  static PublicKey = DsaPublicKey;

  /** Returns a signature of the message for a context of at most 255 bytes, which may be empty. */
  sign(message, context) {
    const [text, about] = [message, context].map(input);
    return take(1, (out) => dsa.sign(this._handle, text, text.length, about, about.length, 0, out))[0];
  }
}
