import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { algorithms } from "../pqc.js";

const DEMO = fileURLToPath(new URL("../demo.js", import.meta.url));

/** Runs a command in a separate process, after a line of shell. */
function run(folder, before, ...operands) {
  const command = [`${before} exec "$@"`, "sh", process.execPath, DEMO, ...operands];
  return spawnSync("sh", ["-c", ...command], { cwd: folder, encoding: "utf8" });
}

for (const exists of [false, true]) {
  test(`a secret file is its owner's before it is written, ${exists ? "existing" : "new"}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "pqc-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, "secret");
    writeFileSync(join(folder, "seed"), Buffer.alloc(32));
    assert.equal(run(folder, "", "public", "25722", "seed", "key").status, 0);
    if (exists) {
      writeFileSync(secret, "public");
      chmodSync(secret, 0o644);
    }
    // The limit lets the program create the file and not write to it.
    const command = ["encapsulate", "25722", "key", "ciphertext", "secret"];
    assert.notEqual(run(folder, "umask 0; ulimit -f 0;", ...command).status, 0);
    assert.deepEqual([statSync(secret).mode & 0o777, statSync(secret).size], [0o600, 0]);
    assert.equal(run(folder, "", ...command).status, 0);
    assert.equal(readFileSync(secret).length, 32);
  });
}

for (const [option, count] of [[[], 0], [["--locked"], Object.keys(algorithms).length]]) {
  test(`${count} keys of "demo ${option}" are in locked memory`, () => {
    const { stdout, stderr, status } = run(".", "", "demo", ...option);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout.match(/locked memory/g)?.length ?? 0, count);
  });
}
