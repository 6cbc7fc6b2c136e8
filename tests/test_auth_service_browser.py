"""The page of the example service in Chromium, from the registration of a person to the rotation of a key."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from auth_service import MODES, ORIGIN, SERVICE, Service, running_service
from npm_packages import install

PAGE = SERVICE / "page"


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
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def text(self, selector: str) -> str:
        """Return the text that a person sees in an element, once it is there."""
        return str(self("innerText", selector))

    def log_in(self, audience: str) -> dict[str, str]:
        """Log in for an audience, and return the header of the token that the page shows."""
        self("selectOption", "#audience", audience)
        self("click", "#log-in")
        self("waitForSelector", f"#account-status.good:has-text('for {audience}')")
        header: dict[str, str] = json.loads(self.text("#parts dt.header + dd"))
        return header


@contextmanager
def browser(service: Service, profile: Path) -> Iterator[Page]:
    """Open the page, at the address for which the service is configured, until the end of the block."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not here")
    mapping = f"--host-resolver-rules=MAP 127.0.0.1:8000 127.0.0.1:{service.http.base_url.port}"
    command = ["node", "test/browser.js", chromium, str(profile), mapping]
    with subprocess.Popen(command, cwd=PAGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        page = Page(process)
        page("goto", ORIGIN)
        yield page


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The running service with the page as it is built for people, which all tests share."""
    install(PAGE)
    subprocess.run(["sh", PAGE / "build.sh"], check=True)
    with running_service(tmp_path_factory.mktemp("service")) as running:
        shutil.copytree(PAGE / "dist", running.state.parent / "page", dirs_exist_ok=True)
        yield running


@pytest.fixture
def page(service: Service, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page in a new browser, in which somebody has registered. In the end, the browser has no complaint."""
    with browser(service, tmp_path / "profile") as made:
        made("fill", "#account", request.node.name[:60].translate({ord("["): "-", ord("]"): None}))
        made("click", "#register")
        made("waitForSelector", "#account-status.good")
        yield made
        refusal = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
        assert set(made("failures")) <= {refusal}


def test_person_gets_a_token_in_each_mode(page: Page) -> None:
    """The page shows its mode and its parts with their sizes, and the service accepts it."""
    signatures = {"reports": 64, "orders": 3309, "archive": 3373}
    for audience, (algorithm, mode) in MODES.items():
        assert page.log_in(audience)["alg"] == algorithm
        assert page.text("#token-mode") == mode
        assert page.text("#parts dt.signature") == f"signature {signatures[audience]:,} bytes"
        page("click", "#verify")
        page("waitForSelector", f"#token-status.good:has-text('Accepted as {mode}')")


@pytest.mark.parametrize("part", ["header", "claims", "signature"])
def test_token_with_another_character_is_refused(page: Page, part: str) -> None:
    """The page marks the character, and shows why the service refuses the token."""
    page.log_in("orders")
    page("selectOption", "#part", part)
    page("click", "#tamper")
    page("waitForSelector", "#token-status.bad:has-text('Refused')")
    assert len(page.text(f"#token .{part} mark")) == 1


def test_next_login_is_signed_with_the_new_key(page: Page, service: Service) -> None:
    """The page, which stays open, shows the next key, and then which key is retiring."""
    old = page.log_in("orders")["kid"]
    service.operate("rotate", "ML-DSA-65")
    page("waitForSelector", "#ring .next:has-text('ML-DSA-65')")
    service.operate("activate", "ML-DSA-65")
    page("waitForSelector", f"#ring .retiring:has-text('{old}')")
    new = page.log_in("orders")["kid"]
    assert new != old
    page("waitForSelector", f"#ring .active:has-text('{new}')")


def test_key_stays_in_the_browser(page: Page) -> None:
    """Whoever comes back logs in with it; somebody without a key is told to register."""
    page("reload")
    page.log_in("orders")
    page("fill", "#account", "somebody.else")
    page("click", "#log-in")
    page("waitForSelector", "#account-status.bad:has-text('register first')")


def test_page_fits_a_telephone(page: Page) -> None:
    """Nothing is wider than 390 pixels, not even a token."""
    page.log_in("archive")
    page("setViewportSize", {"width": 390, "height": 844})
    assert page("evaluate", "document.documentElement.scrollWidth") == 390
