// The protocol of the service as its client sees it: a key, the transcripts that it signs, and the requests.
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";

const encoder = new TextEncoder();

function toBase64url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A key pair of ML-DSA-65, made from a seed of 32 bytes. */
class Key {
  constructor(seed = crypto.getRandomValues(new Uint8Array(32))) {
    const { publicKey, secretKey } = ml_dsa65.keygen(seed);
    this.seed = toBase64url(seed);
    this.secretKey = secretKey;
    this.publicKey = toBase64url(publicKey);
    this.id = toBase64url(sha256(publicKey));
  }

  /** Signs what both sides agree on. The context is not empty, so no signature can be the signature of a token. */
  sign(purpose, account, ...rest) {
    const transcript = ["qynauth-auth-service-v1", purpose, location.origin, account, this.id, ...rest].join("\n");
    const context = encoder.encode(`qynauth auth_service ${purpose} v1`);
    return toBase64url(ml_dsa65.sign(encoder.encode(transcript), this.secretKey, { context }));
  }
}

const place = (account) => `seed of ${account}`;

/** Returns the key of an account that is in this browser's storage, or null. */
export function storedKey(account) {
  const seed = localStorage.getItem(place(account));
  return seed && new Key(fromBase64url(seed));
}

const ids = new Map(); // by seed, since a key takes a moment to compute

/** Returns the ids of the keys in this browser's storage, by account. */
export function keptKeys() {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(place("")));
  const accounts = names.map((name) => name.slice(place("").length)).sort();
  return new Map(accounts.map((account) => [account, idOf(localStorage.getItem(place(account)))]));
}

function idOf(seed) {
  if (!ids.has(seed)) ids.set(seed, new Key(fromBase64url(seed)).id);
  return ids.get(seed);
}

/** An answer other than 200, with the verdict if the service refused a token. */
class Refused extends Error {
  constructor({ error, verdict }, status) {
    super(error);
    this.verdict = verdict;
    this.status = status;
  }
}

/** Requests JSON: by GET, or by POST if there is content. */
export async function call(path, content) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const response = await fetch(path, content && post);
  const answer = await response.json().catch(() => ({ error: `the service answered ${response.status}` }));
  if (!response.ok) throw new Refused(answer, response.status);
  return answer;
}

/** Registers with the key in this browser's storage, or a new one. One tab at a time, so that no key replaces another. */
export const register = (account) => navigator.locks.request(place(account), () => prove(account));

/** Makes a key, unless there is one, and proves its possession. It is removed only if the account has another key. */
async function prove(account) {
  const { nonce, expires } = await call("/api/register/begin", { account });
  const stored = storedKey(account);
  const key = stored ?? new Key();
  const signature = key.sign("register", account, nonce, expires);
  localStorage.setItem(place(account), key.seed);
  try {
    await call("/api/register/finish", { account, public_key: key.publicKey, nonce, expires, signature });
  } catch (error) {
    if (!stored && error.status === 409) localStorage.removeItem(place(account));
    throw error;
  }
}

/** Proves possession of the key in this browser's storage, and returns a token for the audience, with the service's facts about it. */
export async function logIn(account, audience) {
  const key = storedKey(account);
  const { nonce, expires } = await call("/api/login/begin", { account });
  const signature = key.sign("login", account, audience, nonce, expires);
  return call("/api/login/finish", { account, key_id: key.id, nonce, expires, audience, signature });
}
