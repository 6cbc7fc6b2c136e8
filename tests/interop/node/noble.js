// @noble/post-quantum, in JavaScript alone. Its keys are raw bytes, and it takes any other encoding for raw bytes.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { shake128_32, shake256_64 } from "@noble/hashes/sha3.js";
import * as dsa from "@noble/post-quantum/ml-dsa.js";
import * as hybrid from "@noble/post-quantum/hybrid.js";
import * as kem from "@noble/post-quantum/ml-kem.js";
import * as slh from "@noble/post-quantum/slh-dsa.js";
import { Absent, serve } from "./lines.js";

const HASHES = { "SHA-256": sha256, "SHA-512": sha512, SHAKE128: shake128_32, SHAKE256: shake256_64 };

function of(set) {
  if (set === "X-Wing") return hybrid.ml_kem768_x25519;
  const name = set.toLowerCase().replaceAll("-", "_");
  return name.startsWith("slh") ? slh[name] : { ...kem, ...dsa }[name.replace(/_(?=\d)/, "")];
}

// The secret key of X-Wing is its seed.
const secretKey = (set, form, key) => (form === "seed" && set !== "X-Wing" ? of(set).keygen(key).secretKey : key);

// The seed is made here, since keygen() keeps none.
function keyPair(set) {
  const seed = randomBytes(of(set).lengths.seed);
  const { secretKey, publicKey } = of(set).keygen(seed);
  return { seed, "public key": publicKey, ...(set !== "X-Wing" && { expanded: secretKey }) };
}

function get(keys, form) {
  if (!(form in keys)) throw new Absent(form);
  return keys[form];
}

await serve({
  about() {
    const manifest = new URL("./node_modules/@noble/post-quantum/package.json", import.meta.url);
    return { version: `@noble/post-quantum ${JSON.parse(readFileSync(manifest)).version}` };
  },

  generate(request) {
    const keys = keyPair(request.set);
    return { private: get(keys, request.private), public: get(keys, request.public) };
  },

  encapsulate({ set, form, key, randomness }) {
    const { cipherText, sharedSecret } = of(set).encapsulate(key, randomness);
    return { ciphertext: cipherText, secret: sharedSecret };
  },

  decapsulate: ({ set, form, key, ciphertext }) => ({
    secret: of(set).decapsulate(ciphertext, secretKey(set, form, key)),
  }),

  sign: ({ set, form, key, message, context, deterministic }) => ({
    signature: of(set).sign(message, secretKey(set, form, key), { context, ...(deterministic && { extraEntropy: false }) }),
  }),

  verify: ({ set, form, key, message, context, signature }) => ({
    valid: of(set).verify(signature, message, key, { context }),
  }),

  sign_digest: ({ set, form, key, message, context, prehash }) => ({
    signature: of(set).prehash(HASHES[prehash]).sign(message, secretKey(set, form, key), { context }),
  }),

  verify_digest: ({ set, key, message, context, prehash, signature }) => ({
    valid: of(set).prehash(HASHES[prehash]).verify(signature, message, key, { context }),
  }),
});
