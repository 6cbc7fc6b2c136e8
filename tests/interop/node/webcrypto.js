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
  "private JWK": "jwk",
  "public JWK": "jwk",
};

const algorithm = (set) => (set === "X-Wing" ? "MLKEM768-X25519" : set);

function format(form) {
  if (!(form in FORMATS)) throw new Absent(form);
  return FORMATS[form];
}

function usages(set, form) {
  const isPublic = form.startsWith("public") || form.startsWith("SPKI");
  if (set.startsWith("ML-DSA")) return isPublic ? ["verify"] : ["sign"];
  return isPublic ? ["encapsulateBits"] : ["decapsulateBits"];
}

function load(set, form, key) {
  const data = format(form) === "jwk" ? JSON.parse(key) : key;
  return subtle.importKey(format(form), data, algorithm(set), true, usages(set, form));
}

async function dump(key, form) {
  const data = await subtle.exportKey(format(form), key);
  return format(form) === "jwk" ? Buffer.from(JSON.stringify(data)) : data;
}

await serve({
  about: () => ({ version: `Node ${process.versions.node}` }),

  async generate(request) {
    const both = [...usages(request.set, "public key"), ...usages(request.set, "seed")];
    const { privateKey, publicKey } = await subtle.generateKey(algorithm(request.set), true, both);
    return {
      private: await dump(privateKey, request.private),
      public: await dump(publicKey, request.public),
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
