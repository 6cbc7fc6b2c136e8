// Lets a test in another language use Chromium: browser.js EXECUTABLE PROFILE. A line of input is a JSON array of the name
// and the arguments of a method of Playwright's page, or of ["failures"], what the browser complained about; the answer is a line.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const NAMES = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"];
const args = [...NAMES, "disable-component-update", "disable-sync"].map((name) => `--${name}`);

const [executablePath, profile] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, { executablePath, args });
const [page] = context.pages();
const failures = [];
page.on("pageerror", (error) => failures.push(error.message));
page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
const methods = { failures: () => failures.splice(0) };

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  const work = methods[name] ?? page[name].bind(page);
  const answer = await Promise.resolve(work(...given)).then(
    (value) => ({ value: ["goto", "waitForSelector", "waitForFunction", "reload"].includes(name) ? null : value }),
    (error) => ({ error: error.message }),
  );
  console.log(JSON.stringify(answer));
}
await context.close();
