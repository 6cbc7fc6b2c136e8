"""The page of the example service in Chromium, from the registration of a person to the rotation of a key."""

from __future__ import annotations

import base64
import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import auth_service
import pytest
from auth_service import MODES, NAMES, ORIGIN, SERVICE, Person, Service, base64url
from npm_packages import install, program

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.errors import Verdict

pytestmark = pytest.mark.slow

PAGE = SERVICE / "page"
service = auth_service.service


class Page:
    """A page in a browser, with the methods of Playwright's page."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take the process of browser.js."""
        self._process = process

    def __call__(self, method: str, *arguments: object) -> Any:
        """Call a method, and return its value if that is JSON."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "browser.js has ended: its standard error says why"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def text(self, selector: str) -> str:
        """Return the text that a person sees in an element, once it is there."""
        return str(self("innerText", selector))

    def says(self, place: str, kind: str, text: str) -> None:
        """Wait until a button has finished, failed or been stopped by the browser, and check the text of the page."""
        status = f"#{place}-status"
        self("waitForSelector", f"{status}:is(.good, .bad), input:invalid")
        said = f"document.querySelector('input:invalid')?.title ?? document.querySelector('{status}').textContent"
        assert self("isVisible", f"{status}.{kind}:has-text('{text}')"), self("evaluate", said)

    def register(self, account: str, error: str | None = None) -> None:
        """Register a name, or try to: the page says that it is registered, or an error."""
        self("fill", "#account", account)
        self("click", "#register")
        self.says("account", "bad" if error else "good", error or f"Registered {account}.")

    def log_in(self, audience: str) -> dict[str, str]:
        """Log in for an audience, and return the header of the token that the page shows."""
        self("selectOption", "#audience", audience)
        self("click", "#log-in")
        self.says("account", "good", f"for {audience}")
        header: dict[str, str] = json.loads(self.text("#parts dt.header + dd"))
        return header


@pytest.fixture(scope="module")
def browser(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield the tab of a browser; the service, with its page built for people, has a separate address."""
    chromium = program("chromium")
    install(PAGE)
    subprocess.run(["sh", PAGE / "build.sh"], check=True)
    shutil.copytree(PAGE / "dist", service.state.parent / "page", dirs_exist_ok=True)
    mapping = f"--host-resolver-rules=MAP 127.0.0.1:8000 127.0.0.1:{service.http.base_url.port}"
    command = ["node", "test/browser.js", chromium, str(tmp_path_factory.mktemp("profile")), mapping]
    with subprocess.Popen(command, cwd=PAGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Page(process)


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """Yield the page after a registration. At the end, the browser has reported no problem."""
    browser("setViewportSize", {"width": 1280, "height": 720})
    browser("goto", ORIGIN)
    browser.register(next(NAMES))
    yield browser
    refusal = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
    assert set(browser("failures")) <= {refusal}


def test_person_gets_a_token_in_each_mode(page: Page) -> None:
    """The page shows its mode and its parts with their sizes, and the service accepts it."""
    signatures = {"reports": 64, "orders": 3309, "archive": 3373}
    for audience, (algorithm, mode) in MODES.items():
        assert page.log_in(audience)["alg"] == algorithm
        assert page.text("#token-mode") == mode
        assert page.text("#parts dt.signature") == f"signature {signatures[audience]:,} bytes"
        page("click", "#verify")
        page.says("token", "good", f"Accepted as {mode}")


def test_token_with_another_character_is_refused(page: Page) -> None:
    """The page marks the character, and shows why the service refuses the token."""
    page.log_in("orders")
    for part in ("header", "claims", "signature"):
        page("selectOption", "#part", part)
        page("click", "#tamper")
        page("waitForSelector", f"#token .{part} mark")
        page.says("token", "bad", "Refused")
        assert len(page.text("#token mark")) == 1
    assert page.text("#token-status") == "Refused: it was changed, or somebody else signed it."


def test_page_has_words_for_every_verdict() -> None:
    """A person need not know the names of the kit."""
    known = re.findall(r"^  (\w+): ", (PAGE / "messages.js").read_text(encoding="utf-8"), re.MULTILINE)
    unavailable = {Verdict.KEYS_UNAVAILABLE, Verdict.TOO_MANY_KEYS}  # an answer 503
    verdicts = set(Verdict) - {Verdict.ACCEPTED} - unavailable
    assert verdicts <= set(known)


def test_login_that_is_refused_is_explained(page: Page, service: Service) -> None:
    """The service has forgotten the account."""
    account = str(page("inputValue", "#account"))
    with closing(service.database()) as database:
        database.execute("DELETE FROM accounts WHERE account = ?", [account])
    page("click", "#log-in")
    page.says("account", "bad", f'The login as "{account}" was not accepted.')


def test_token_is_copied(page: Page) -> None:
    """It is copied for the input of a relying party."""
    page.log_in("orders")
    page("click", "#copy")
    page.says("token", "good", "Copied")
    assert page("evaluate", "navigator.clipboard.readText()") == page.text("#token")


def test_page_says_that_it_is_a_demonstration(page: Page) -> None:
    """It says so, and why, before anyone makes a key."""
    notice = page.text("aside.notice")
    assert notice.startswith("For demonstration.")
    assert "this browser's storage keeps it" in notice
    assert "JavaScript cannot promise that its timing is independent of the key" in notice


def test_cards_show_what_each_audience_accepts(page: Page, service: Service) -> None:
    """The deadlines are in UTC, as on the command line."""
    audiences = service.http.get("/api/state").json()["audiences"]
    for position, (audience, (algorithm, mode)) in enumerate(MODES.items(), 1):
        until = datetime.fromtimestamp(audiences[position - 1]["accepted"][0]["until"], UTC)
        lines = page.text(f"#audiences > li:nth-child({position})").split("\n")
        assert [line for line in lines if line] == [
            audience,
            mode,
            f"Signs with {algorithm}. Accepts:",
            f"{algorithm} until {until.day} {until:%b %Y, %H:%M:%S} UTC",
            f"Next: {algorithm} is accepted no longer from {until.day} {until:%b %Y, %H:%M:%S} UTC.",
        ]


def test_page_shows_the_share_of_each_algorithm(page: Page, service: Service) -> None:
    """The shares of issued tokens are shown as a bar and in words."""
    page.log_in("archive")
    traffic = service.http.get("/api/state").json()["traffic"]
    everything = sum(each["tokens"] for each in traffic)
    shares = [math.floor(100 * each["tokens"] / everything + 0.5) for each in traffic]  # as JavaScript rounds
    lines = [f"{each['algorithm']} {each['tokens']} of {everything} tokens" for each in traffic]
    expected = [f"{line}, {share} %" for line, share in zip(lines, shares, strict=True)]
    page("waitForSelector", f"#traffic:has-text('{lines[-1]}')")  # the page is refreshed after it says that all is done
    assert page.text("#traffic").split("\n") == expected
    widths = "[...document.querySelectorAll('#traffic-bar span')].map((bar) => Number(bar.style.flexGrow))"
    assert page("evaluate", widths) == [each["tokens"] for each in traffic]


def test_keys_of_an_algorithm_are_together(page: Page, service: Service) -> None:
    """Each algorithm has one card with all its keys."""
    ring = service.http.get("/api/state").json()["ring"]
    for position, algorithm in enumerate(dict.fromkeys(each["algorithm"] for each in ring), 1):
        card = f"#ring > li:nth-child({position})"
        assert page.text(f"{card} h4").split("\n")[0] == algorithm
        shown = page("evaluate", f"[...document.querySelectorAll('{card} code')].map((each) => each.textContent)")
        assert sorted(shown) == sorted(each["kid"] for each in ring if each["algorithm"] == algorithm)


def test_keys_of_other_names_in_the_browser_are_listed(page: Page) -> None:
    """They are listed by name, below the name that is typed in."""
    first, second = str(page("inputValue", "#account")), next(NAMES)
    page.register(second)
    page("click", "#others summary")
    assert f"{first} " in page.text("#other-keys")
    assert f"{second} " not in page.text("#other-keys")


def test_keyboard_stays_where_it_was(page: Page) -> None:
    """After pressing a button, the focus stays there."""
    for selector, place in (("#register", "account"), ("#log-in", "account"), ("#verify", "token")):
        page("press", selector, "Enter")
        page.says(place, "good", "")
        assert page("evaluate", "document.activeElement.id") == selector.strip("#")
    page("press", "#tamper", "Space")
    page.says("token", "bad", "")
    assert page("evaluate", "document.activeElement.id") == "tamper"


def test_next_login_is_signed_with_the_new_key(page: Page, service: Service) -> None:
    """The open page shows the next key, and then the retiring one."""
    old = page.log_in("orders")["kid"]
    new = page.text("#ring .post-quantum .next code")
    service.replace_key("ML-DSA-65")
    page("waitForSelector", f"#ring .retiring:has-text('{old}')")
    page("waitForSelector", f"#ring .active:has-text('{new}')")
    assert page.log_in("orders")["kid"] == new


def test_key_stays_in_the_browser(page: Page) -> None:
    """Its owner logs in again with it; a person without a key has to register."""
    page("reload")
    page.log_in("orders")
    page("fill", "#account", "somebody.else")
    page("click", "#log-in")
    page.says("account", "bad", "Register the name first")


def test_name_that_the_service_would_refuse_is_not_sent(page: Page) -> None:
    """The browser shows which names it accepts."""
    with pytest.raises(AssertionError, match="1 to 64 of the characters a-z, 0-9, dot, underscore and hyphen"):
        page.register("x" * 65)


LOSE_ANSWERS = """{
  const real = window.fetch;
  window.fetch = async (path, ...given) => {
    const answer = await real(path, ...given);
    if (path === "/api/register/finish") throw new Error("lost");
    return answer;
  };
}"""

SEND_TWICE = """{
  const real = window.fetch;
  window.fetch = async (path, ...given) => {
    if (path === "/api/register/finish") await real(path, ...given);
    return real(path, ...given);
  };
}"""


@pytest.mark.parametrize(
    ("script", "account", "error"),
    [
        pytest.param(LOSE_ANSWERS, "unlucky.person", "The service cannot be reached", id="lost"),
        pytest.param(SEND_TWICE, "twice.person", "or came twice", id="twice"),
    ],
)
def test_key_stays_in_the_browser_if_no_answer_says_that_it_is_registered(
    page: Page, script: str, account: str, error: str
) -> None:
    """The answer is lost, or is for a second request with a used nonce."""
    page("evaluate", script)
    page.register(account, error)
    page.log_in("orders")


HOLD_REQUEST = """{
  const real = window.fetch, status = document.getElementById("account-status");
  const held = new Promise((done) => {
    window.release = () => {
      status.className = "";
      done();
    };
  });
  window.fetch = async (path, ...given) => {
    if (path === "/api/register/finish") {
      status.className = "good";
      status.textContent = "held";
      await held;
    }
    return real(path, ...given);
  };
}"""


def test_key_stays_in_the_browser_if_another_tab_registers_it_first(page: Page, service: Service) -> None:
    """The other tab, here in Python, has found the key in the storage."""
    page("evaluate", HOLD_REQUEST)
    page("fill", "#account", "two.tabs")
    page("click", "#register")
    page.says("account", "good", "held")
    seed = base64.urlsafe_b64decode(page("evaluate", "localStorage.getItem('seed of two.tabs')") + "=")
    other = Person(service, account="two.tabs", key=MLDSAPrivateKey.from_seed(seed, "ML-DSA-65"))
    assert other.register()[0] == 200
    page("evaluate", "window.release()")
    page.says("account", "good", "Registered two.tabs.")
    page.log_in("orders")


TAKE_LOCK = """{
  const held = new Promise((done) => (window.release = done));
  void navigator.locks.request("seed of waiting.tab", () => held);
}"""


def test_registration_waits_for_that_of_another_tab(page: Page, service: Service) -> None:
    """The other tab, here in Python, registers a key first, and no second key replaces it."""
    page("evaluate", TAKE_LOCK)
    page("fill", "#account", "waiting.tab")
    page("click", "#register")
    seed = bytes(range(32))
    other = Person(service, account="waiting.tab", key=MLDSAPrivateKey.from_seed(seed, "ML-DSA-65"))
    assert other.register()[0] == 200
    page("evaluate", f"localStorage.setItem('seed of waiting.tab', '{base64url(seed)}')")
    page("evaluate", "window.release()")
    page.says("account", "good", "Registered waiting.tab.")
    page.log_in("orders")


def test_registration_with_a_taken_name_stores_no_key(page: Page, service: Service) -> None:
    """It does not replace the key of a person who registers again either."""
    own, taken = str(page("inputValue", "#account")), Person(service)
    assert taken.register()[0] == 200
    page.register(taken.account, f'The name "{taken.account}" is taken')
    assert page("evaluate", f"localStorage.getItem('seed of {taken.account}')") is None
    page.register(own)
    page.log_in("orders")
    assert page("failures") == ["Failed to load resource: the server responded with a status of 409 (Conflict)"]


def test_page_fits_a_telephone(page: Page) -> None:
    """Nothing is wider than 390 pixels, not even a token."""
    page.log_in("archive")
    page("setViewportSize", {"width": 390, "height": 844})
    assert page("evaluate", "document.documentElement.scrollWidth") == 390
