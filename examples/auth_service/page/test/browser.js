// Lets a program in another language use Chromium: browser.js EXECUTABLE PROFILE [OPTION]... A line of the input is a
// JSON array: the name of a method of Playwright's page, or "failures" for the complaints of the browser, and the
// arguments.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const ALWAYS = `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`;
const PATIENCE = 300_000; // milliseconds

const [executablePath, profile, ...options] = process.argv.slice(2);
const args = [...ALWAYS.split(/\s+/), ...options];
const permissions = ["clipboard-read", "clipboard-write"];
const context = await chromium.launchPersistentContext(profile, { executablePath, args, permissions, timeout: PATIENCE });
context.setDefaultTimeout(PATIENCE);
const [page] = context.pages();
const failures = [];
page.on("pageerror", (error) => failures.push(error.message));
page.on("console", (message) => message.type() === "error" && failures.push(message.text()));

/** Calls a method. A result that is no JSON, such as an element, stays here. */
async function answer(name, ...given) {
  try {
    const value = name === "failures" ? failures.splice(0) : await page[name](...given);
    return { value: Object(value) === value && !Array.isArray(value) ? null : (value ?? null) };
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(...JSON.parse(line))));
}
await context.close();
