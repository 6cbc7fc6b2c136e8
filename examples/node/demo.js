#!/usr/bin/env node
// Makes keys, exchanges secrets and signs files with pqc.js. Exits with 1 for a signature that is not valid, and with 2
// after any other error: also where the library cannot be loaded, which is why the import is inside.

let commands;
try {
  commands = await import("./commands.js");
  commands.run(process.argv.slice(2));
} catch (error) {
  process.exitCode = commands?.isInvalidSignature(error) ? 1 : 2;
  if (process.exitCode === 2) console.error(`pqc-demo-node: ${error.message}`);
}
