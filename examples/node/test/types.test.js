import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as pqc from "../pqc.js";

const declarations = readFileSync(new URL("../pqc.d.ts", import.meta.url), "utf8");
const captures = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name).sort();
const block = (name) =>
  declarations.match(new RegExp(`(?:class|interface|const) ${name}\\b[^{]*{\\n(.*?)\\n}`, "s"))[1];
const names = (object) => Object.getOwnPropertyNames(object).sort();

test("every export is declared", () => {
  assert.deepEqual(captures(declarations, /^export (?:class|const|function) (\w+)/gm), Object.keys(pqc).sort());
});

for (const [name, Class] of Object.entries({ ...pqc, Key: Object.getPrototypeOf(pqc.PublicKey) })) {
  if (!name.endsWith("Key")) continue;
  test(`every member of ${name} is declared`, () => {
    const members = captures(block(name), /^  (?:readonly |private |protected )?(\w+)[(:]/gm);
    assert.deepEqual(members, names(Class.prototype));
    const statics = captures(block(name), /^  static (\w+)\(/gm);
    assert.deepEqual(statics, names(Class).filter((each) => !["length", "name", "prototype"].includes(each)));
  });
}

test("statuses, fields of algorithms and metrics are declared", () => {
  const pairs = [...block("Status").matchAll(/(\w+): (\d+);/g)].map(([, name, number]) => [name, Number(number)]);
  assert.deepEqual(Object.fromEntries(pairs), { ...pqc.Status });
  const fields = (name) => captures(block(name), /^  (?:readonly )?(\w+)\??:/gm);
  assert.deepEqual(fields("Algorithm"), names(pqc.algorithms["X-Wing"]));
  assert.deepEqual(fields("KeyOptions"), names(pqc.PrivateKey.generate(44, { precompute: true }).options));
  assert.deepEqual(fields("Metrics"), names(pqc.metrics()));
  assert.deepEqual(fields("OperationMetrics"), names(pqc.metrics().operations[0]));
});
