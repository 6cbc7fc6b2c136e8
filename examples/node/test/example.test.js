// The example of the documentation.
import assert from "node:assert/strict";
import { PrivateKey } from "../pqc.js";

const message = Buffer.from("message");
const context = Buffer.from("login");
const signer = PrivateKey.generate("ML-DSA-65");
const signature = signer.sign(message, context);
const key = signer.publicKey();
assert.equal(signature.length, 3309);
key.verify(message, context, signature);
signer.close();
key.close();
