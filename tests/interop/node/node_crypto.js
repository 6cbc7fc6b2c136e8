// node:crypto, which is OpenSSL behind Node's key objects.
import crypto from "node:crypto";
import { Absent, PASSWORD, serve } from "./lines.js";

const format = (form) => (form.includes("PEM") ? "pem" : "der");
const isJwk = (form) => form.endsWith("JWK");
const type = (set) => set.toLowerCase();

function loadPrivate(set, form, key) {
  if (form === "seed") return crypto.createPrivateKey({ key, format: "raw-seed", asymmetricKeyType: type(set) });
  if (form === "expanded") return crypto.createPrivateKey({ key, format: "raw-private", asymmetricKeyType: type(set) });
  if (isJwk(form)) return crypto.createPrivateKey({ key: JSON.parse(key), format: "jwk" });
  const passphrase = form.includes("encrypted") ? PASSWORD : undefined;
  return crypto.createPrivateKey({ key, format: format(form), type: "pkcs8", passphrase });
}

function loadPublic(set, form, key) {
  if (form === "public key") return crypto.createPublicKey({ key, format: "raw-public", asymmetricKeyType: type(set) });
  if (isJwk(form)) return crypto.createPublicKey({ key: JSON.parse(key), format: "jwk" });
  return crypto.createPublicKey({ key, format: format(form), type: "spki" });
}

function dump(key, form) {
  if (form === "seed") return key.export({ format: "raw-seed" });
  if (form === "expanded") return key.export({ format: "raw-private" });
  if (form === "public key") return key.export({ format: "raw-public" });
  if (isJwk(form)) return Buffer.from(JSON.stringify(key.export({ format: "jwk" })));
  if (form.startsWith("SPKI")) return Buffer.from(key.export({ format: format(form), type: "spki" }));
  const encryption = form.includes("encrypted") ? { cipher: "aes-256-cbc", passphrase: PASSWORD } : {};
  return Buffer.from(key.export({ format: format(form), type: "pkcs8", ...encryption }));
}

await serve({
  about: () => ({ version: `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}` }),

  generate(request) {
    const { privateKey, publicKey } = crypto.generateKeyPairSync(type(request.set));
    return { private: dump(privateKey, request.private), public: dump(publicKey, request.public) };
  },

  reencode: ({ set, form, key }) => ({ key: dump(loadPrivate(set, form, key), form) }),

  encapsulate({ set, form, key, randomness }) {
    if (randomness) throw new Absent("encapsulate() takes a key");
    const { sharedKey, ciphertext } = crypto.encapsulate(loadPublic(set, form, key));
    return { ciphertext, secret: sharedKey };
  },

  decapsulate: ({ set, form, key, ciphertext }) => ({
    secret: crypto.decapsulate(loadPrivate(set, form, key), ciphertext),
  }),

  sign({ set, form, key, message, context, deterministic }) {
    if (deterministic) throw new Absent("sign() is always hedged");
    return { signature: crypto.sign(null, message, { key: loadPrivate(set, form, key), context }) };
  },

  verify: ({ set, form, key, message, context, signature }) => ({
    valid: crypto.verify(null, message, { key: loadPublic(set, form, key), context }, signature),
  }),
});
