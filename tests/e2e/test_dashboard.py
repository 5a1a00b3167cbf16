"""The pages on the demo's data and the real stack, as people see them."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from headwater.deploy.demo.report import PAGE
from headwater.deploy.demo.story import Findings
from headwater.deploy.stack import Stack
from headwater.producers import Emitter, dataset, run
from headwater.sinks.ledger.note import VerifierKey
from headwater.sinks.ledger.proof import check, parse

from ..sinks.dashboard.browser import SIZE, Watched, running_browser

pytestmark = pytest.mark.stack

SHOWN_S = 1.0
"""From the emit to the page: what is promised on a machine that does nothing else."""


@pytest.fixture(scope="module", name="browser")
def _browser(found: Findings) -> Iterator[Browser]:
    """A browser, once the demo has run."""
    assert found.trained
    with running_browser() as browser:
        yield browser


@pytest.fixture(name="watch")
def _watch(browser: Browser, whole_stack: Stack) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def watch(**options: str) -> Watched:
        opened.append(Watched(browser, whole_stack.endpoints.api_url or "", **options))
        return opened[-1]

    yield watch
    for each in opened:
        each.close()


def ready(page: Page) -> None:
    """Wait until everything asked for is there."""
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".loading")).to_have_count(0)


def barriers(watched: Watched) -> list[str]:
    """Return what axe finds wrong, in light and in dark; a narrow window holds the page, too."""
    watched.page.set_viewport_size({"width": 600, "height": 900})
    expect(watched.page.locator("html")).to_have_js_property("scrollWidth", 600)
    watched.page.set_viewport_size(SIZE)
    watched.page.emulate_media(color_scheme="light")
    light = watched.axe()
    watched.page.emulate_media(color_scheme="dark")
    return light + watched.axe()


def test_the_demo_ends_with_the_page_that_shows_its_answer(
    found: Findings, watch: Callable[..., Watched]
) -> None:
    """The columns that break, lit up; the model that breaks, named."""
    watched = watch()
    page = watched.open(PAGE)
    expect(page.locator(".column-subject")).to_have_text("dep_delay")
    lit = page.locator(".column-direct, .column-indirect")
    expect(lit).to_have_count(11)
    expect(
        page.get_by_role("complementary").get_by_role("link", name="arrival_delay", exact=True)
    ).to_be_visible()
    watched.screenshot("lineage")
    assert [] == barriers(watched)


def test_every_page_shows_the_demo(found: Findings, watch: Callable[..., Watched]) -> None:
    """Nothing is logged, thrown or asked elsewhere, and axe finds no barrier."""
    assert found.trained
    for name, path, said in (
        ("live", "/", "Latest runs"),
        ("runs", "/runs", "training_set"),
        ("training", f"/runs?run={found.trained.run_id}", "Phases of a step"),
        ("model", "/models?model=nycflights/arrival_delay", "rmse_minutes"),
        ("health", "/health", "duckdb://nycflights"),
        ("dead-letters", "/dead-letters", "No event was refused"),
        ("search", "/lineage", "Written of late"),
    ):
        watched = watch(color_scheme="dark" if name == "training" else "light")
        page = watched.open(path)
        expect(page.get_by_text(said).first).to_be_visible()
        ready(page)
        watched.screenshot(name)
        assert [] == barriers(watched), name


def test_a_proof_is_checked_in_the_browser(found: Findings, watch: Callable[..., Watched]) -> None:
    """Hash, path, head and signature; another key proves nothing; and it can be downloaded."""
    watched = watch()
    page = watched.open("/audit")
    page.get_by_role("link", name=re.compile("Prove offset")).last.click()
    page.get_by_role("button", name="Check it here").click()
    expect(page.get_by_text("Proven: this message is in the log")).to_be_visible()
    expect(page.get_by_role("img", name="holds", exact=True)).to_have_count(5)
    watched.screenshot("audit")
    assert [] == barriers(watched)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download proof.json").click()
    key = page.get_by_label("The key that you know the ledger by")
    trusted = VerifierKey.parse(key.input_value())
    proven = check(parse(download.value.path().read_bytes()), trusted=trusted)
    assert "lineage.records" == proven.entry.topic
    key.fill("headwater/00000000+4ac5308e+AdHh6lLcEaxYI3CGMJLr6pZaI6EDTy38q4sUjf7RBuLt")
    page.get_by_role("button", name="Check it here").click()
    expect(page.get_by_text("Not proven.")).to_be_visible()


def test_what_is_emitted_is_on_the_page_within_a_second(
    found: Findings, whole_stack: Stack, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    """A run appears without a reload: the quickest of a few, as a machine is busy at times."""
    page = watch().open("/")
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.evaluate("window.notReloaded = true")
    emitter = Emitter(bootstrap=whole_stack.kafka_bootstrap, spool_dir=tmp_path)
    with run("warm_up", namespace="live", emitter=emitter):
        pass
    expect(page.get_by_role("link", name="warm_up")).to_be_visible(timeout=20_000)
    took_s = []
    for name in ("one", "two", "three", "four"):
        began = time.monotonic()
        with run(name, namespace="live", emitter=emitter) as r:
            r.writes(dataset("file", f"live/{name}_out"))
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        took_s.append(time.monotonic() - began)
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text("complete")
    emitter.close()
    assert page.evaluate("window.notReloaded")
    assert min(took_s) < SHOWN_S


def test_a_dead_letter_is_shown_and_sent_again(
    found: Findings, whole_stack: Stack, watch: Callable[..., Watched]
) -> None:
    """As it came, with the reason; sent again it is refused again, and stands there twice."""
    from confluent_kafka import Producer

    watched = watch()
    page = watched.open("/dead-letters")
    producer = Producer({"bootstrap.servers": whole_stack.kafka_bootstrap})
    producer.produce("lineage.events", b'{"<script>": "alert(1)"}', b"run:<b>key</b>")
    producer.flush(10)
    row = page.get_by_role("row").get_by_role("link", name="not_an_event")
    row.click(timeout=20_000)
    expect(page.locator("pre")).to_contain_text('"<script>": "alert(1)"')
    expect(page.get_by_text("run:<b>key</b>")).to_be_visible()
    assert [] == barriers(watched)
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Send it again").click()
    watched.screenshot("dead-letter")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Sent: lineage.events/")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(3, timeout=20_000)
