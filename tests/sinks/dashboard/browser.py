"""A browser that watches: what a page logs, throws or is refused fails the test."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from headwater.sinks.dashboard import build

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
SCREENSHOTS = build.ROOT / "build" / "screenshots"
_PAINTED = """
() => new Promise((done) => {
  const seen = (list) => done(list.getEntries()[0].renderTime / 1000);
  new PerformanceObserver(seen).observe({ type: "element", buffered: true });
})
"""
TIMEOUT_MS = 15_000
"""For a machine that does other things, too."""

expect.set_options(timeout=TIMEOUT_MS)

SIZE: ViewportSize = {"width": 1440, "height": 900}


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Debian's Chromium.

    Playwright keeps an event loop in this thread meanwhile, so nothing else may run one.
    """
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page, and what went wrong on it.

    Attributes:
        problems: What it logged as an error, threw, or asked without an answer.
    """

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(
            **{"viewport": SIZE, "reduced_motion": "reduce", **options}
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda m: self._note(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("dialog", lambda dialog: self._note(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self._foreign(request.url) if request.url else None)

    def open(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(self.address + path)
        return self.page

    def query(self) -> str:
        """Return the page's address, without the server's."""
        return self.page.url.removeprefix(self.address)

    def axe(self, *ignored: str) -> list[str]:
        """Return what axe finds wrong."""
        self.page.evaluate((build.WORK / "node_modules/axe-core/axe.min.js").read_text())
        rules = {name: {"enabled": False} for name in ignored}
        found: dict[str, Any] = self.page.evaluate("rules => axe.run(document, {rules})", rules)
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def painted_s(self) -> float:
        """Return when the frame with the graph was on the screen, from the request on.

        The browser says so itself: it notes the frame that first shows the subject's title,
        and all cards come in one.
        """
        return float(self.page.evaluate(_PAINTED))

    def screenshot(self, name: str) -> None:
        """Keep a picture of it for people."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def close(self) -> None:
        """Close it; what went wrong on it fails the test."""
        self.context.close()
        assert [] == self.problems

    def _note(self, problem: str) -> None:
        self.problems.append(problem)

    def _foreign(self, url: str) -> None:
        if not re.match(rf"{re.escape(self.address)}/|blob:|data:", url):
            self._note(f"asked for {url}")
