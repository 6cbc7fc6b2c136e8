// The loop of a peer; tests/interop/peer.py describes its input and output.
import { createInterface } from "node:readline";

export const PASSWORD = "correct horse";
const TEXTS = new Set(["op", "set", "form", "to", "private", "public", "prehash", "deterministic"]);

/** The implementation has no interface for the request. */
export class Absent extends Error {}

const decode = (request) =>
  Object.fromEntries(
    Object.entries(request).map(([name, value]) => [name, TEXTS.has(name) ? value : Buffer.from(value, "hex")]),
  );

const encode = (result) =>
  Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name,
      value instanceof Uint8Array || value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value,
    ]),
  );

async function answer(operations, { op, ...request }) {
  if (!(op in operations)) return { absent: op };
  try {
    return { ok: encode(await operations[op](decode(request))) };
  } catch (error) {
    if (error instanceof Absent) return { absent: error.message };
    return { refused: `${error.name}: ${error.message}` };
  }
}

/** Answers requests until the input ends. */
export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(operations, JSON.parse(line))));
  }
}
