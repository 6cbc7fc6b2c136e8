// What the page shows, and what its buttons do. All text goes through textContent.
import { call, logIn, register, storedKey } from "./protocol.js";

const REFRESH = 3000; // milliseconds
const DATE = { day: "numeric", month: "short", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC", timeZoneName: "short" };
const PARTS = ["header", "claims", "signature"];
const STATES = ["next", "active", "retiring", "revoked"];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const $ = (id) => document.getElementById(id);
let shown = null; // the answer to the last login
let shownState = "";

/** Makes an element with a class and children, which are elements or text. */
function element(tag, name, ...children) {
  const made = document.createElement(tag);
  made.className = name;
  made.append(...children);
  return made;
}

const badge = (mode) => element("span", `badge ${mode}`, mode);
const count = (number) => number.toLocaleString("en");

function time(seconds) {
  const date = new Date(seconds * 1000);
  const made = element("time", "", date.toLocaleString("en-GB", { ...DATE, ...CLOCK }));
  made.dateTime = date.toISOString();
  return made;
}

function say(place, kind, text) {
  $(place).className = `status ${kind}`;
  $(place).textContent = text;
}

/** Runs what a button does, with the buttons disabled meanwhile, and shows an error at a place. */
async function act(place, work) {
  const buttons = document.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  say(place, "", ""); // so that the same text is said again
  try {
    await work();
  } catch (error) {
    say(place, "bad", error.verdict ? `Refused: ${error.message} (${error.verdict}).` : `Failed: ${error.message}.`);
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
  await refresh();
}

const account = () => $("account").value.trim();

function showKey() {
  const key = account() && storedKey(account());
  const has = ["This browser has an ML-DSA-65 key for this name: ", element("code", "", key?.id)];
  $("key").replaceChildren(...(key ? has : ["This browser has no key for this name."]));
}

/** Shows the token with a colour for each of its parts, and the changed character marked. */
function showToken(text, changed = -1) {
  let start = 0;
  const parts = text.split(".").map((part, index) => {
    const at = changed - start;
    start += part.length + 1;
    const inside = at >= 0 && at < part.length;
    const segments = inside ? [part.slice(0, at), element("mark", "", part[at]), part.slice(at + 1)] : [part];
    return element("span", PARTS[index], ...segments);
  });
  $("token").replaceChildren(...parts.flatMap((part, index) => (index ? [".", part] : [part])));
  const mark = $("token").querySelector("mark");
  $("token").scrollTop = mark ? mark.offsetTop - $("token").clientHeight / 2 : 0;
}

function showParts({ token, header, claims, sizes }) {
  const signature = `${token.split(".")[2].slice(0, 64)}…`;
  const contents = [JSON.stringify(header, null, 2), JSON.stringify(claims, null, 2), signature];
  const rows = PARTS.flatMap((name, index) => [
    element("dt", name, name, element("span", "quiet", ` ${count(sizes[name])} bytes`)),
    element("dd", "", element("pre", "", contents[index])),
  ]);
  $("parts").replaceChildren(...rows);
}

function showLogin(answer) {
  shown = answer;
  $("token-section").hidden = false;
  $("token-mode").className = `badge ${answer.mode}`;
  $("token-mode").textContent = answer.mode;
  $("token-algorithm").textContent = `${answer.algorithm}, ${count(answer.sizes.token)} characters in all`;
  showToken(answer.token);
  showParts(answer);
  say("token-status", "", "");
}

/** Returns a token with one character of a part exchanged for its neighbour in the alphabet, and where that is. */
function tampered(token, part) {
  const segments = token.split(".");
  const before = segments.slice(0, part).reduce((sum, segment) => sum + segment.length + 1, 0);
  const at = before + Math.floor(segments[part].length / 2);
  const other = ALPHABET[(ALPHABET.indexOf(token[at]) + 1) % ALPHABET.length];
  return [token.slice(0, at) + other + token.slice(at + 1), at];
}

async function verify(token) {
  const { mode, kid } = await call("/api/verify", { token, audience: shown.claims.aud });
  say("token-status", "good", `Accepted as ${mode}, by key ${kid}.`);
}

function showAudiences(audiences) {
  const cards = audiences.map(({ audience, accepted, signs }) => {
    const title = element("h4", "", audience, ...(signs ? [badge(signs.mode)] : []));
    const signing = `${signs ? `Signs with ${signs.algorithm}` : "Signs nothing now"}. Accepts:`;
    const rows = accepted.map(({ algorithm, mode, until }) => {
      const end = until ? ["until ", time(until)] : ["without a deadline"];
      return element("li", mode, `${algorithm} `, element("span", "quiet", ...end));
    });
    return element("li", "", title, element("p", "", signing), element("ul", "accepted", ...rows));
  });
  $("audiences").replaceChildren(...cards);
}

function showRing(ring) {
  const sorted = [...ring].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || b.since - a.since);
  const cards = sorted.map(({ kid, algorithm, mode, state, since }) => {
    const id = element("code", "", kid);
    const age = element("p", "quiet", element("strong", "", state), " since ", time(since));
    return element("li", state, element("h4", "", algorithm, badge(mode)), age, element("p", "quiet", id));
  });
  $("ring").replaceChildren(...cards);
}

function fillAudiences(audiences) {
  const names = audiences.map(({ audience }) => audience);
  const options = [...$("audience").options].map(({ value }) => value);
  if (names.join() !== options.join()) $("audience").replaceChildren(...names.map((name) => new Option(name)));
}

/** Shows the state if it changed: what a person selects or a screen reader reads does not vanish every few seconds. */
function showState(ring, audiences) {
  const state = JSON.stringify([ring, audiences]);
  if (state === shownState) return;
  shownState = state;
  fillAudiences(audiences);
  showAudiences(audiences);
  showRing(ring);
}

async function refresh() {
  try {
    const { now, ring, audiences } = await call("/api/state");
    showState(ring, audiences);
    const clock = new Date(now * 1000).toLocaleTimeString("en-GB", CLOCK);
    $("updated").textContent = `As of ${clock}; refreshed every ${REFRESH / 1000} seconds.`;
  } catch (error) {
    $("updated").textContent = `The service does not answer: ${error.message}.`;
  }
}

async function repeat() {
  if (!document.hidden) await refresh();
  setTimeout(repeat, REFRESH);
}

$("account").addEventListener("input", showKey);
$("register").addEventListener("click", () => {
  if (!$("login").reportValidity()) return;
  act("account-status", async () => {
    await register(account()).finally(showKey);
    localStorage.setItem("account", account());
    say("account-status", "good", `Registered ${account()}.`);
  });
});
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  act("account-status", async () => {
    showLogin(await logIn(account(), $("audience").value));
    say("account-status", "good", `Logged in as ${account()} for ${$("audience").value}.`);
  });
});
$("copy").addEventListener("click", () => {
  act("token-status", async () => {
    await navigator.clipboard.writeText(shown.token);
    say("token-status", "good", "Copied the token.");
  });
});
$("verify").addEventListener("click", () => {
  showToken(shown.token);
  act("token-status", () => verify(shown.token));
});
$("tamper").addEventListener("click", () => {
  const [token, at] = tampered(shown.token, PARTS.indexOf($("part").value));
  showToken(token, at);
  act("token-status", () => verify(token));
});

$("account").value = localStorage.getItem("account") ?? "";
showKey();
repeat();
