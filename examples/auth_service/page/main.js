// The contents of the page, and the actions of its buttons. All text goes through textContent.
import { explain, nextStep } from "./messages.js";
import { call, keptKeys, logIn, register, storedKey } from "./protocol.js";

const REFRESH = 3000; // milliseconds
const DATE = { day: "numeric", month: "short", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC", timeZoneName: "short" };
const PARTS = ["header", "claims", "signature"];
const STATES = ["active", "next", "retiring", "revoked"];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const $ = (id) => document.getElementById(id);
let shown = null; // the answer to the last login
let shownState = "";
let busy = false;

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

/**
 * Runs the action of a button, one at a time, and explains an error at a place. The buttons are not disabled meanwhile:
 * a disabled button loses the focus, which somebody who uses the keyboard needs.
 */
async function act(place, purpose, work) {
  if (busy) return;
  const given = [account(), $("audience").value];
  setBusy(true);
  say(place, "", ""); // so that the same text is said again
  try {
    await work(...given);
  } catch (error) {
    say(place, "bad", explain(error, purpose, ...given));
  } finally {
    setBusy(false);
  }
  await refresh();
}

function setBusy(value) {
  busy = value;
  document.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", value));
}

const account = () => $("account").value.trim();

/** Shows the key of the name, and the keys of all names in this browser. */
function showKeys() {
  const kept = keptKeys();
  const id = kept.get(account());
  const has = ["This browser has an ML-DSA-65 key for this name: ", element("code", "", id)];
  $("key").replaceChildren(...(id ? has : ["This browser has no key for this name."]));
  $("names").replaceChildren(...[...kept.keys()].map((name) => new Option(name)));
  const others = [...kept].filter(([name]) => name !== account());
  $("others").hidden = others.length === 0;
  $("other-keys").replaceChildren(
    ...others.map(([name, other]) => element("li", "", element("strong", "", name), " ", element("code", "", other))),
  );
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
  const cards = audiences.map(({ audience, accepted, signs, next }) => {
    const title = element("h4", "", audience, ...(signs ? [badge(signs.mode)] : []));
    const signing = `${signs ? `Signs with ${signs.algorithm}` : "Signs nothing now"}. Accepts:`;
    const rows = accepted.map(({ algorithm, mode, until }) => {
      const end = until ? ["until ", time(until)] : ["without a deadline"];
      return element("li", mode, `${algorithm} `, element("span", "quiet", ...end));
    });
    const step = element("p", "next-step", element("strong", "", "Next: "), ...nextStep(next, time), ".");
    return element("li", "", title, element("p", "", signing), element("ul", "accepted", ...rows), step);
  });
  $("audiences").replaceChildren(...cards);
}

/** Shows how many tokens each algorithm has signed: a bar for the eye, and a line for each. */
function showTraffic(traffic) {
  const all = traffic.reduce((sum, { tokens }) => sum + tokens, 0);
  const bars = traffic.map(({ mode, tokens }) => {
    const bar = element("span", mode);
    bar.style.flexGrow = tokens;
    return bar;
  });
  const rows = traffic.map(({ algorithm, mode, tokens }) => {
    const share = `${count(tokens)} of ${count(all)} tokens, ${Math.round((100 * tokens) / all)} %`;
    return element("li", mode, `${algorithm} `, element("span", "quiet", share));
  });
  $("traffic-bar").replaceChildren(...bars);
  $("traffic").replaceChildren(...(all ? rows : [element("li", "quiet none", "No token since the service started.")]));
}

/** Shows the keys of the ring, grouped by algorithm. */
function showRing(ring) {
  const groups = Map.groupBy(ring, ({ algorithm }) => algorithm);
  const cards = [...groups].map(([algorithm, keys]) => {
    const sorted = keys.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || b.since - a.since);
    const rows = sorted.map(({ kid, state, since }) => {
      const age = element("p", "quiet", element("strong", "", state), " since ", time(since));
      return element("li", state, age, element("p", "quiet", element("code", "", kid)));
    });
    const title = element("h4", "", algorithm, badge(keys[0].mode));
    return element("li", keys[0].mode, title, element("ul", "keys", ...rows));
  });
  $("ring").replaceChildren(...cards);
}

function fillAudiences(audiences) {
  const names = audiences.map(({ audience }) => audience);
  const options = [...$("audience").options].map(({ value }) => value);
  if (names.join() !== options.join()) $("audience").replaceChildren(...names.map((name) => new Option(name)));
}

/** Shows the state if it changed: selected or spoken text must not vanish every few seconds. */
function showState({ ring, audiences, traffic }) {
  const state = JSON.stringify([ring, audiences, traffic]);
  if (state === shownState) return;
  shownState = state;
  fillAudiences(audiences);
  showAudiences(audiences);
  showTraffic(traffic);
  showRing(ring);
}

async function refresh() {
  try {
    const state = await call("/api/state");
    showState(state);
    const clock = new Date(state.now * 1000).toLocaleTimeString("en-GB", CLOCK);
    $("updated").textContent = `As of ${clock}; refreshed every ${REFRESH / 1000} seconds.`;
  } catch (error) {
    $("updated").textContent = `Not up to date. ${explain(error)}`;
  }
}

async function repeat() {
  if (!document.hidden) await refresh();
  setTimeout(repeat, REFRESH);
}

$("account").addEventListener("input", showKeys);
$("register").addEventListener("click", () => {
  if (!$("login").reportValidity()) return;
  act("account-status", "register", async (name) => {
    await register(name).finally(showKeys);
    localStorage.setItem("account", name);
    say("account-status", "good", `Registered ${name}.`);
  });
});
$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  act("account-status", "login", async (name, audience) => {
    if (!storedKey(name)) {
      say("account-status", "bad", `This browser has no key for "${name}". Register the name first.`);
      return;
    }
    showLogin(await logIn(name, audience));
    say("account-status", "good", `Logged in as ${name} for ${audience}.`);
  });
});
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(shown.token).then(
    () => say("token-status", "good", "Copied the token."),
    () => say("token-status", "bad", "The browser did not allow it: select the token, and copy it."),
  );
});
$("verify").addEventListener("click", () => {
  showToken(shown.token);
  act("token-status", "verify", () => verify(shown.token));
});
$("tamper").addEventListener("click", () => {
  const [token, at] = tampered(shown.token, PARTS.indexOf($("part").value));
  showToken(token, at);
  act("token-status", "verify", () => verify(token));
});

$("account").value = localStorage.getItem("account") ?? "";
showKeys();
repeat();
