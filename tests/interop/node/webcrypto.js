// WebCrypto as Node has it (Modern Algorithms in the Web Cryptography API). X-Wing is its MLKEM768-X25519.
import { Absent, serve } from "./lines.js";

const { subtle } = globalThis.crypto;
const FORMATS = {
  seed: "raw-seed",
  expanded: "raw-private",
  "public key": "raw-public",
  SPKI: "spki",
  "PKCS#8 seed": "pkcs8",
  "PKCS#8 expanded": "pkcs8",
  "PKCS#8 both": "pkcs8",
};

const algorithm = (set) => (set === "X-Wing" ? "MLKEM768-X25519" : set);

function format(form) {
  if (!(form in FORMATS)) throw new Absent(form);
  return FORMATS[form];
}

function usages(set, form) {
  const isPublic = form === "public key" || form.startsWith("SPKI");
  if (set.startsWith("ML-DSA")) return isPublic ? ["verify"] : ["sign"];
  return isPublic ? ["encapsulateBits"] : ["decapsulateBits"];
}

const load = (set, form, key) => subtle.importKey(format(form), key, algorithm(set), true, usages(set, form));

await serve({
  about: () => ({ version: `Node ${process.versions.node}` }),

  async generate(request) {
    const both = [...usages(request.set, "public key"), ...usages(request.set, "seed")];
    const { privateKey, publicKey } = await subtle.generateKey(algorithm(request.set), true, both);
    return {
      private: await subtle.exportKey(format(request.private), privateKey),
      public: await subtle.exportKey(format(request.public), publicKey),
    };
  },

  async encapsulate({ set, form, key, randomness }) {
    if (randomness) throw new Absent("encapsulateBits() takes a key");
    const { sharedKey, ciphertext } = await subtle.encapsulateBits(algorithm(set), await load(set, form, key));
    return { ciphertext, secret: sharedKey };
  },

  decapsulate: async ({ set, form, key, ciphertext }) => ({
    secret: await subtle.decapsulateBits(algorithm(set), await load(set, form, key), ciphertext),
  }),

  async sign({ set, form, key, message, context, deterministic }) {
    if (deterministic) throw new Absent("sign() is always hedged");
    return { signature: await subtle.sign({ name: set, context }, await load(set, form, key), message) };
  },

  verify: async ({ set, form, key, message, context, signature }) => ({
    valid: await subtle.verify({ name: set, context }, await load(set, form, key), signature, message),
  }),
});
