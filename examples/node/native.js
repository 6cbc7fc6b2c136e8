// The functions of pqc_ffi.h that pqc.js needs, and who owns what they hand out.

import koffi from "koffi";

const library = koffi.load(process.env.PQC_LIBRARY ?? "libpqc_ffi.so");
const ABI_VERSION = 1;

for (const name of ["MlKemKeyPair", "MlKemPublicKey", "MlDsaKeyPair", "MlDsaPublicKey"]) koffi.opaque(name);
koffi.struct("FFIBuffer", { data: "void *", len: "size_t", reserved: "size_t" });
koffi.struct("FFIOperationMetrics", {
  operation: "uint32_t",
  parameter_set: "uint32_t",
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
});
koffi.struct("FFIMetrics", {
  size: "size_t",
  live_handles: "uint64_t",
  live_buffers: "uint64_t",
  bytes_wiped: "uint64_t",
  operations: koffi.array("FFIOperationMetrics", 36),
});

/** What both families have, with the types and prefix of one. */
function family(prefix, pair, key) {
  const declare = (result, name, parameters) => library.func(`${result} ${prefix}_${name}(${parameters})`);
  return {
    generate: declare("int32_t", "keypair_generate", `uint32_t, uint32_t, _Out_ ${pair} **`),
    fromSeed: declare("int32_t", "keypair_from_seed", `uint32_t, uint32_t, const uint8_t *, size_t, _Out_ ${pair} **`),
    fromPrivateKey: declare("int32_t", "keypair_from_private_key", `uint32_t, uint32_t, const uint8_t *, size_t, _Out_ ${pair} **`),
    publicKey: declare("int32_t", "keypair_public_key", `const ${pair} *, _Out_ ${key} **`),
    privateKey: declare("int32_t", "keypair_private_key_bytes", `const ${pair} *, _Out_ FFIBuffer *`),
    seed: declare("int32_t", "keypair_seed_bytes", `const ${pair} *, _Out_ FFIBuffer *`),
    freePair: declare("void", "keypair_free", `${pair} *`),
    fromBytes: declare("int32_t", "public_key_from_bytes", `uint32_t, uint32_t, const uint8_t *, size_t, _Out_ ${key} **`),
    bytes: declare("int32_t", "public_key_bytes", `const ${key} *, _Out_ FFIBuffer *`),
    freePublicKey: declare("void", "public_key_free", `${key} *`),
  };
}

export const kem = {
  ...family("mlkem", "MlKemKeyPair", "MlKemPublicKey"),
  encapsulate: library.func("int32_t mlkem_encapsulate(const MlKemPublicKey *, _Out_ FFIBuffer *, _Out_ FFIBuffer *)"),
  decapsulate: library.func("int32_t mlkem_decapsulate(const MlKemKeyPair *, const uint8_t *, size_t, _Out_ FFIBuffer *)"),
};

export const dsa = {
  ...family("mldsa", "MlDsaKeyPair", "MlDsaPublicKey"),
  sign: library.func(
    "int32_t mldsa_sign(const MlDsaKeyPair *, const uint8_t *, size_t, const uint8_t *, size_t, uint32_t, _Out_ FFIBuffer *)",
  ),
  verify: library.func(
    "int32_t mldsa_verify(const MlDsaPublicKey *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *, size_t)",
  ),
};

const freeBuffer = library.func("void ffi_buffer_free(_Inout_ FFIBuffer *)");
const statusMessage = library.func("const char *ffi_status_message(int32_t)");
const readMetrics = library.func("int32_t ffi_get_performance_metrics(_Out_ FFIMetrics *, size_t)");
const operationName = library.func("const char *ffi_operation_name(uint32_t)");
const abiVersion = library.func("uint32_t ffi_abi_version()");
export const version = library.func("const char *ffi_version()");
export const codePath = library.func("const char *ffi_code_path()");

if (abiVersion() !== ABI_VERSION) throw new Error(`written for ABI ${ABI_VERSION}, loaded a library of ABI ${abiVersion()}`);

/** Why a call failed: `status` is its number, the message the library's text, which never holds a byte of an input. */
export class PqcError extends Error {
  constructor(status) {
    super(`${statusMessage(status)} (status ${status})`);
    this.name = "PqcError";
    this.status = status;
  }
}

export function check(status) {
  if (status !== 0) throw new PqcError(status);
}

/** Bytes for the library to read during a call: a Buffer or another Uint8Array, and nothing that would be converted. */
export function input(bytes) {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("expected a Buffer or Uint8Array");
  return bytes;
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

/** Copies into memory of its own: small Buffers made in other ways share a pool, where a secret would stay behind. */
function copy({ data, len }) {
  const bytes = Buffer.alloc(len);
  bytes.set(new Uint8Array(koffi.view(data, len)));
  return bytes;
}

/** Takes a snapshot of the metrics as the header's struct, with the name of each operation. */
export function metrics() {
  const snapshot = {};
  check(readMetrics(snapshot, koffi.sizeof("FFIMetrics")));
  for (const one of snapshot.operations) one.name = operationName(one.operation);
  return snapshot;
}
