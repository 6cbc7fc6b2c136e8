#!/usr/bin/env node
// Makes keys, exchanges secrets and signs files with pqc.js. Exits with 1 for a signature that is not valid, and with 2
// after any error: also where the library cannot be loaded, which is why the import is inside.

try {
  const { run } = await import("./commands.js");
  process.exitCode = run(process.argv.slice(2)) ?? 0;
} catch (error) {
  console.error(`pqc-demo-node: ${error.message}`);
  process.exitCode = 2;
}
