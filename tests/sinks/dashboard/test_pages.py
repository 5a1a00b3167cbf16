"""Every page in a real browser: it says what it must, can be used by all, and stays up to date."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from headwater.sinks.answers import Position
from headwater.sinks.server.live import live_event
from headwater.sinks.server.tokens import Tokens

from . import estate
from .browser import Watched
from .conftest import Serving

Serve = Callable[..., Serving]
Watch = Callable[..., Watched]

RUN = "11111111-2222-4333-8444-555555555555"
PAGES = {
    "live": "/",
    "start": "/lineage",
    "lineage": "/lineage?subject=postgres%3A%2F%2Fshop%2Fsales",
    "runs": "/runs",
    "run": f"/runs?run={RUN}&with={RUN.replace('1', '9')}",
    "models": "/models",
    "model": "/models?model=ml/churn&version=7",
    "health": "/health",
}


@pytest.fixture(scope="module", name="shop")
def _shop(serve: Serve) -> Serving:
    return serve([*estate.everything(), *estate.changed()])


@contextmanager
def without_kafka(watched: Watched) -> Iterator[None]:
    """Let pass what the browser logs of answers that need Kafka."""
    yield
    watched.problems[:] = [each for each in watched.problems if "status of 50" not in each]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barriers(shop: Serving, watch: Watch, name: str) -> None:
    """Axe finds nothing, in light and dark; and in a narrow window only tables scroll sideways."""
    watched = watch(shop)
    with without_kafka(watched):
        page = watched.open(PAGES[name])
        expect(page.locator(".loading")).to_have_count(0)
        expect(page.locator("h1")).to_have_count(1)
        if name == "lineage":
            expect(page.locator(".graph[aria-busy=false]")).to_be_visible()
        assert [] == watched.axe()
        page.emulate_media(color_scheme="dark")
        assert [] == watched.axe()
        page.set_viewport_size({"width": 420, "height": 800})
        expect(page.locator("html")).to_have_js_property("scrollWidth", 420)


def test_runs_are_listed_with_their_states(shop: Serving, watch: Watch) -> None:
    """The state in words, not in colour alone."""
    page = watch(shop).open("/runs")
    row = page.get_by_role("row", name=re.compile("job_fail"))
    expect(row).to_contain_text("fail")
    row.get_by_role("link", name="job_fail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("job_fail")
    expect(page.get_by_text("This run was not profiled")).to_be_visible()


def test_a_training_run_is_joined_to_its_data_and_code(shop: Serving, watch: Watch) -> None:
    """Dataset version, commit, model; time and memory by step, phase and layer."""
    page = watch(shop).open(f"/runs?run={RUN}")
    expect(page.get_by_text("v7")).to_be_visible()
    expect(page.get_by_text("c0ffeec0ffee")).to_be_visible()
    expect(page.get_by_role("link", name="churn")).to_be_visible()
    for title in ("Time of a step", "Phases of a step", "Memory"):
        expect(
            page.get_by_role("img", name=re.compile(f"^{title}. Latest: .*[0-9]"))
        ).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^forward of encoder.5"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^encoder.2")).click()
    for measure in ("forward", "backward", "activation memory", "gradient norm"):
        series = re.compile(f"^{measure} of encoder.2. Latest: .*[0-9]")
        expect(page.get_by_role("img", name=series)).to_be_visible()
    assert "layer=encoder.2" in page.url


def test_two_runs_are_compared(shop: Serving, watch: Watch) -> None:
    """The slower one by how much, phase by phase, and beside it in the charts."""
    watched = watch(shop)
    page = watched.open(f"/runs?run={RUN}")
    choice = page.get_by_label("Compare with")
    expect(choice.locator("option")).to_have_count(2)
    choice.select_option(index=1)
    row = page.get_by_role("row", name=re.compile("^step "))
    expect(row).to_contain_text("−28.6 % faster")
    expect(page.get_by_text("the other's median")).to_be_visible()
    layer = page.get_by_role("listitem").filter(has_text="encoder.5")
    expect(layer).to_contain_text("−28.6 % faster")
    beside = re.compile("^backward of encoder.5. .*the other's backward [0-9]")
    expect(page.get_by_role("img", name=beside)).to_be_visible()
    assert "with=" in watched.query()


def test_a_passport_says_what_made_a_model(shop: Serving, watch: Watch) -> None:
    """Data and columns, code, hyperparameters, seeds, weights, metrics; and leads to lineage."""
    page = watch(shop).open("/models")
    page.get_by_role("link", name="churn").click()
    for said in ("0.9132", "learning_rate", "0.003", "torch", "3.11.7", "python train.py --fast"):
        expect(page.get_by_text(said, exact=False).first).to_be_visible()
    page.get_by_role("link", name="total").click()
    expect(page.locator(".column-subject")).to_have_text("total")


def test_health_names_what_is_missing(shop: Serving, watch: Watch) -> None:
    """What is unresolved with its reason, the run without an end, coverage, what is stale."""
    watched = watch(shop)
    with without_kafka(watched):
        page = watched.open("/health")
        row = page.get_by_role("row", name=re.compile("unknown_schema"))
        expect(row).to_contain_text("raw_extra")
        expect(page.get_by_role("link", name="job_start")).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("^postgres"))).to_contain_text("%")
        expect(page.get_by_role("heading", name="Stale derivations").last).to_be_visible()


def test_where_nothing_is_known_a_page_says_what_to_do(serve: Serve, watch: Watch) -> None:
    """An empty table would leave one wondering."""
    empty = serve([])
    for path, said in {
        "/lineage": "Nothing was written yet",
        "/runs": "No run has been heard of",
        "/models": "No model was stated yet",
        "/dead-letters": "No event was refused",
        "/": "No run has been heard of",
    }.items():
        watched = watch(empty)
        with without_kafka(watched):
            page = watched.open(path)
            expect(page.get_by_text(said)).to_be_visible()


def test_the_stream_moves_the_page_by_itself(serve: Serve, watch: Watch) -> None:
    """A run appears when the server tells of it, and its state changes, without a reload."""
    serving = serve([])
    watched = watch(serving)
    with without_kafka(watched):
        page = watched.open("/")
        expect(page.get_by_role("status").first).to_have_text("Live")
        for offset, state in enumerate(("START", "COMPLETE")):
            told = {
                "kind": "RunState",
                "run_id": "r",
                "job": {"namespace": "etl", "name": "just_now"},
                "state": state,
                "observed_at": f"2026-01-01T00:00:0{offset}Z",
            }
            serving.publish(live_event(Position("lineage.records", 0, offset), "record", told))
            row = page.get_by_role("row", name=re.compile("just_now"))
            expect(row).to_contain_text(state.lower())


def test_a_silent_kafka_is_told(serve: Serve, watch: Watch) -> None:
    """On every page, until it answers again: what is shown grows old meanwhile."""
    serving = serve([])
    page = watch(serving).open("/models")
    expect(page.get_by_role("status").first).to_have_text("Live")
    serving.publish(live_event(None, "kafka", {"reachable": False}))
    expect(page.get_by_text("Kafka does not answer.")).to_be_visible()
    serving.publish(live_event(None, "kafka", {"reachable": True}))
    expect(page.get_by_text("Kafka does not answer.")).to_have_count(0)


def test_tabs_share_one_stream(serve: Serve, watch: Watch) -> None:
    """A browser opens six connections to a server: a stream for each tab would use them up."""
    serving = serve([])
    watched = watch(serving)
    with without_kafka(watched):
        watched.open("/")
        tabs = [watched.context.new_page() for _ in range(7)]
        for tab in tabs:
            tab.goto(f"{serving.address}/models")
            expect(tab.get_by_text("No model was stated yet")).to_be_visible()
            expect(tab.get_by_role("status").first).to_have_text("Live")
        expect(watched.page.get_by_role("status").first).to_have_text("Live")
        assert 1 == len(serving.server.live._clients)
        watched.page.close()
        expect(tabs[0].get_by_role("status").first).to_have_text("Live")


def test_a_token_is_asked_for_where_one_is_needed(serve: Serve, watch: Watch) -> None:
    """The page itself tells nothing; with the token all is there, the stream too."""
    token = "hw_" + "t" * 43
    tokens = Tokens({"me": hashlib.sha256(token.encode()).hexdigest()})
    watched = watch(serve(estate.everything(), tokens=tokens))
    page = watched.open("/models")
    page.get_by_label("A token is needed here.").fill(token)
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("link", name="churn")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("Live")
    assert all("401" in each for each in watched.problems)
    watched.problems.clear()


def test_colours_can_be_chosen_and_stay(shop: Serving, watch: Watch) -> None:
    """Whatever the system prefers."""
    page = watch(shop, color_scheme="light").open("/models")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.get_by_role("button", name=re.compile("Colours"))
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(ground)
    page.reload()
    expect(page.get_by_role("link", name="churn")).to_be_visible()
    assert light != dark == page.evaluate(ground)


def test_paper_gets_the_list_in_place_of_the_graph(shop: Serving, watch: Watch) -> None:
    """And no bars, boxes or buttons."""
    page = watch(shop).open(PAGES["lineage"])
    expect(page.locator(".graph")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".outline")).to_be_visible()
    for name in (".bar", ".toolbar", ".graph"):
        expect(page.locator(name)).not_to_be_visible()
