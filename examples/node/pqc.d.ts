/** ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and composite signatures through the C library pqc_ffi. */

/** A row of the library's table of algorithms. Lengths are 0 where the algorithm has none; a signature may be shorter. */
export interface Algorithm {
  readonly id: number;
  readonly kind: "KEM" | "signature";
  readonly name: string;
  readonly securityCategory: number;
  readonly slowestMicroseconds: number;
  readonly oid: string;
  readonly seedBytes: number;
  readonly privateKeyBytes: number;
  readonly publicKeyBytes: number;
  readonly ciphertextBytes: number;
  readonly sharedSecretBytes: number;
  readonly signatureBytes: number;
  readonly signatureVaries: number;
  readonly randomnessBytes: number;
}

/** The library's algorithms, by name: "ML-KEM-768". */
export const algorithms: Readonly<Record<string, Algorithm>>;

/** Options of a key; pqc_ffi.h describes them as PQC_KEY_*. The Buffers that Node receives are not in locked memory. */
export interface KeyOptions {
  codePath?: "portable" | "avx2" | "neon" | "best" | "avx512" | "neon-sha3";
  lockedMemory?: boolean;
  precompute?: boolean;
}

/** The statuses that a caller may want to distinguish. */
export const Status: Readonly<{
  UNKNOWN_ALGORITHM: 2;
  WRONG_ALGORITHM: 11;
  PUBLIC_KEY_LENGTH: 20;
  PRIVATE_KEY_LENGTH: 21;
  SEED_LENGTH: 22;
  CIPHERTEXT_LENGTH: 23;
  CONTEXT_LENGTH: 24;
  INVALID_SIGNATURE: 50;
  PUBLIC_KEY_POINT: 52;
  CIPHERTEXT_POINT: 53;
  SEED_UNAVAILABLE: 60;
}>;

/** Why a call failed. The message never holds a byte of an input. */
export class PqcError extends Error {
  private constructor(status: number);
  /** The number of the status, PQC_STATUS_* in the header. */
  readonly status: number;
}

declare abstract class Key {
  protected constructor();
  /** The algorithm's name. */
  readonly algorithm: string;
  /** The options in effect, which name a code path. */
  readonly options: KeyOptions;
  /** Returns the key in the encoding of its standard. A private key's is secret: its expanded key, X-Wing's seed. */
  bytes(): Buffer;
  /** Frees the key and wipes its secrets. Calling it again does nothing. */
  close(): void;
  /** Frees the key when a `using` block ends. */
  [Symbol.dispose](): void;
  toString(): string;
  toJSON(): string;
}

/** A public key of any algorithm. An operation that the algorithm lacks throws WRONG_ALGORITHM. */
export class PublicKey extends Key {
  private constructor();
  /** Loads an encoded public key. `algorithm` is a name or an id. */
  static fromBytes(algorithm: string | number, bytes: Uint8Array, options?: KeyOptions): PublicKey;
  /** Returns a ciphertext for the owner of the key and the 32 bytes that both sides share, which are secret. */
  encapsulate(): { ciphertext: Buffer; sharedSecret: Buffer };
  /** Returns if the signature is valid, and throws INVALID_SIGNATURE otherwise. */
  verify(message: Uint8Array, context: Uint8Array, signature: Uint8Array): void;
}

/** A private key of any algorithm. An operation that the algorithm lacks throws WRONG_ALGORITHM. */
export class PrivateKey extends Key {
  private constructor();
  /** Makes a key from the system's randomness. `algorithm` is a name or an id. */
  static generate(algorithm: string | number, options?: KeyOptions): PrivateKey;
  /**
   * Makes the key of a seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing, 48, 72 or 96 for SLH-DSA of 128, 192 or 256
   * bits. A composite has no seed.
   */
  static fromSeed(algorithm: string | number, seed: Uint8Array, options?: KeyOptions): PrivateKey;
  /**
   * Loads an expanded private key, which has no seed; X-Wing's encoding is its seed, SLH-DSA's contains it, a composite's is
   * both halves.
   */
  static fromBytes(algorithm: string | number, bytes: Uint8Array, options?: KeyOptions): PrivateKey;
  /** Returns the public key, which stays usable after the private key is closed. */
  publicKey(): PublicKey;
  /** Returns the seed, which is secret; throws SEED_UNAVAILABLE if the key was loaded without. */
  seed(): Buffer;
  /** Returns the 32 bytes that both sides share, which are secret. */
  decapsulate(ciphertext: Uint8Array): Buffer;
  /** Returns a signature for a context of at most 255 bytes. Signatures of a composite with ECDSA differ in length. */
  sign(message: Uint8Array, context: Uint8Array): Buffer;
}

/** The counts of an action with an algorithm, which is 0 for calls that failed before they named one. */
export interface OperationMetrics {
  name: string;
  action: number;
  algorithm: number;
  calls: number | bigint;
  errors: number | bigint;
  timed: number | bigint;
  total_ns: number | bigint;
  min_ns: number | bigint;
  max_ns: number | bigint;
  p50_ns: number | bigint;
  p90_ns: number | bigint;
  p99_ns: number | bigint;
  p999_ns: number | bigint;
  by_status: (number | bigint)[];
  buckets: (number | bigint)[];
}

/** The counts of the library in this process: FFIMetrics of the header, and the operations that were called. A number above 2^53 is a bigint. */
export interface Metrics {
  size: number;
  live_handles: number | bigint;
  live_buffers: number | bigint;
  bytes_wiped: number | bigint;
  calls: number | bigint;
  errors: number | bigint;
  self_tests: number | bigint;
  self_test_ns: number | bigint;
  operations: OperationMetrics[];
}

/** Takes a snapshot of the metrics. */
export function metrics(): Metrics;
/** Returns the version of the library. */
export function version(): string;
/** Returns the code path that new keys take. */
export function codePath(): string;
