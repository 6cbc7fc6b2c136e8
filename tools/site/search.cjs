// Prints the page that the search of a site finds first for each query: node search.cjs SITE QUERY...
// The theme's own worker answers, as in a browser.
const fs = require("node:fs");
const vm = require("node:vm");

const [site, ...queries] = process.argv.slice(2);
const folder = `${site}/assets/javascripts/workers/`;
const worker = fs.readdirSync(folder).find((name) => /^search\.\w+\.min\.js$/.test(name));
const { config, docs } = JSON.parse(fs.readFileSync(`${site}/search/search_index.json`, "utf8"));
const [SETUP, QUERY] = [0, 2];

let listen;
let answer;
const context = vm.createContext({
  addEventListener: (_, listener) => (listen = listener),
  console,
  importScripts: () => undefined,
  postMessage: (message) => (answer = message),
});
context.self = context;
vm.runInContext(fs.readFileSync(folder + worker, "utf8"), context);

(async () => {
  await listen({ data: { type: SETUP, data: { config, docs, options: { suggest: true } } } });
  for (const query of queries) {
    await listen({ data: { type: QUERY, data: query } });
    const [[first] = [{ location: "" }]] = answer.data.items;
    console.log(first.location.replace(/#.*/, ""));
  }
})();
