// The functions of pqc_ffi.h that pqc.js needs, and how they are called.

import { types } from "node:util";
import koffi from "koffi";

const library = koffi.load(process.env.PQC_LIBRARY ?? "libpqc_ffi.so");
const ABI_VERSION = 2;
const found = library.func("uint32_t ffi_abi_version()")();
if (found !== ABI_VERSION) throw new Error(`written for ABI ${ABI_VERSION}, loaded a library of ABI ${found}`);

// No type has a name: koffi refuses a name that it knows, and the process may load this module twice.
const BUFFER = koffi.struct({ data: "void *", len: "size_t", reserved: "size_t" });
const ALGORITHM = koffi.struct({
  id: "uint32_t",
  kind: "uint32_t",
  name: "const char *",
  securityCategory: "uint32_t",
  slowestMicroseconds: "uint32_t",
  oid: "const char *",
  seedBytes: "size_t",
  privateKeyBytes: "size_t",
  publicKeyBytes: "size_t",
  ciphertextBytes: "size_t",
  sharedSecretBytes: "size_t",
  signatureBytes: "size_t",
  signatureVaries: "uint32_t",
  randomnessBytes: "size_t",
});
const OPERATION = koffi.struct({
  action: "uint32_t",
  algorithm: "uint32_t",
  calls: "uint64_t",
  errors: "uint64_t",
  timed: "uint64_t",
  total_ns: "uint64_t",
  min_ns: "uint64_t",
  max_ns: "uint64_t",
  p50_ns: "uint64_t",
  p90_ns: "uint64_t",
  p99_ns: "uint64_t",
  p999_ns: "uint64_t",
  by_status: koffi.array("uint64_t", 100),
  buckets: koffi.array("uint64_t", 528),
});
const METRICS = koffi.struct({
  size: "size_t",
  live_handles: "uint64_t",
  live_buffers: "uint64_t",
  bytes_wiped: "uint64_t",
  calls: "uint64_t",
  errors: "uint64_t",
  self_tests: "uint64_t",
  self_test_ns: "uint64_t",
});

const KEY = "void *";
const BYTES = ["const uint8_t *", "size_t"];
const outOf = (type) => koffi.out(koffi.pointer(type));
const status = (name, ...parameters) => library.func(name, "int32_t", parameters.flat());
const loader = (name) => status(name, "uint32_t", "uint32_t", BYTES, outOf(KEY));

/** The functions that private and public keys both have. */
const keyType = (noun, prefix) => ({
  noun,
  fromBytes: loader(`${prefix}_from_bytes`),
  bytes: status(`${prefix}_bytes`, KEY, outOf(BUFFER)),
  algorithm: status(`${prefix}_algorithm`, KEY, outOf("uint32_t")),
  options: status(`${prefix}_options`, KEY, outOf("uint32_t")),
  free: library.func(`${prefix}_free`, "void", [KEY]),
  freeAddress: library.symbol(`${prefix}_free`),
});
export const PRIVATE_KEY = keyType("private key", "pqc_private_key");
export const PUBLIC_KEY = keyType("public key", "pqc_public_key");

export const generate = status("pqc_private_key_generate", "uint32_t", "uint32_t", outOf(KEY));
export const fromSeed = loader("pqc_private_key_from_seed");
export const seed = status("pqc_private_key_seed", KEY, outOf(BUFFER));
export const publicKey = status("pqc_private_key_public_key", KEY, outOf(KEY));
export const encapsulate = status("pqc_encapsulate", KEY, outOf(BUFFER), outOf(BUFFER));
export const decapsulate = status("pqc_decapsulate", KEY, BYTES, outOf(BUFFER));
export const sign = status("pqc_sign", KEY, BYTES, BYTES, "uint32_t", outOf(BUFFER));
export const verify = status("pqc_verify", KEY, BYTES, BYTES, BYTES);

const freeBuffer = library.func("ffi_buffer_free", "void", [koffi.inout(koffi.pointer(BUFFER))]);
const statusMessage = library.func("const char *ffi_status_message(int32_t)");
const algorithmAt = library.func("pqc_algorithm_at", koffi.pointer(ALGORITHM), ["size_t"]);
const readMetrics = status("ffi_metrics_report", outOf(METRICS), "size_t", outOf(BUFFER));
const actionName = library.func("const char *ffi_action_name(uint32_t)");
export const version = library.func("const char *ffi_version()");
export const codePath = library.func("const char *ffi_code_path()");

// Node runs these hooks when a thread ends, even after Worker.terminate(), when no JavaScript runs any more.
const thread = koffi.node.env;
const hook = (name) => koffi.load(null).func(name, "int", ["void *", "void *", "void *"]);
const addCleanupHook = hook("napi_add_env_cleanup_hook");
const removeCleanupHook = hook("napi_remove_env_cleanup_hook");

/** Why a call failed: `status` is its number, the message the library's text, which never holds a byte of an input. */
export class PqcError extends Error {
  constructor(code) {
    super(`${statusMessage(code)} (status ${code})`);
    this.name = "PqcError";
    this.status = code;
  }
}

export function check(result) {
  if (result !== 0) throw new PqcError(result);
}

/** How many keys of this module share a pointer, which a private key returns each time for its public key. */
const sharers = new Map();

/** Makes a call that creates a key, which lives until `free` or the end of the thread. */
export function create(type, call) {
  const out = [null];
  check(call(out));
  const [pointer] = out;
  const others = sharers.get(pointer) ?? 0;
  if (others === 0) addCleanupHook(thread, type.freeAddress, pointer);
  else type.free(pointer);
  sharers.set(pointer, others + 1);
  return pointer;
}

export function free(type, pointer) {
  const others = sharers.get(pointer) - 1;
  sharers.set(pointer, others);
  if (others > 0) return;
  sharers.delete(pointer);
  removeCleanupHook(thread, type.freeAddress, pointer);
  type.free(pointer);
}

const slot = (name) => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name);
const bufferOf = slot("buffer").get;
const lengthOf = slot("byteLength").get;
const iterate = slot("values").value;

/** Returns the two arguments for bytes that the library reads during a call: a Buffer or another Uint8Array. */
export function input(bytes) {
  if (!types.isUint8Array(bytes)) throw new TypeError("expected a Buffer or Uint8Array");
  if (types.isSharedArrayBuffer(bufferOf.call(bytes))) throw new TypeError("shared memory may change: pass a copy");
  // Throws if the memory was transferred or shrunk, where the length below would be 0.
  iterate.call(bytes);
  return [bytes, lengthOf.call(bytes)];
}

/** Makes a call that writes a number. */
export function number(call) {
  const out = [0];
  check(call(out));
  return out[0];
}

/** Makes a call that fills `count` buffers; copies them out and frees each once, which wipes it. */
export function take(count, call) {
  const buffers = Array.from({ length: count }, () => ({ data: null, len: 0, reserved: 0 }));
  try {
    check(call(...buffers));
    return buffers.map(copy);
  } finally {
    buffers.forEach((buffer) => freeBuffer(buffer));
  }
}

/** Copies into separate memory: other small Buffers share a pool, where a secret would stay behind. */
function copy({ data, len }) {
  const bytes = Buffer.alloc(len);
  bytes.set(new Uint8Array(koffi.view(data, len)));
  return bytes;
}

/** Returns the rows of the library's table of algorithms. */
export function readAlgorithms() {
  const rows = [];
  for (let row; (row = algorithmAt(rows.length)) !== null; ) rows.push(koffi.decode(row, ALGORITHM));
  return rows;
}

/** Takes a snapshot of the metrics as the header's structs, with the name of each action. */
export function metrics() {
  const [snapshot, called] = [{}, {}];
  check(readMetrics(snapshot, koffi.sizeof(METRICS), called));
  const count = called.len / koffi.sizeof(OPERATION);
  snapshot.operations = count > 0 ? koffi.decode(called.data, OPERATION, count) : [];
  freeBuffer(called);
  for (const one of snapshot.operations) one.name = actionName(one.action);
  return snapshot;
}
