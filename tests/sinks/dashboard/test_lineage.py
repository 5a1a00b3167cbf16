"""The lineage page, on records in memory, in a real browser."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from . import estate
from .browser import Watched
from .conftest import Serving

Serve = Callable[..., Serving]
Watch = Callable[..., Watched]

NODES = 300
FIRST_PAINT_S = 1.0
LARGE_S = 3.0
LOADED = 4
"""How much longer all may take where other tests run beside this one; the bench is stricter."""


@pytest.fixture(scope="module", name="shop")
def _shop(serve: Serve) -> Serving:
    return serve([*estate.everything(), *estate.changed()])


def lineage(**said: str) -> str:
    return f"/lineage?{urlencode(said)}"


def subject(table: str) -> str:
    return f"{estate.SHOP.namespace}/{table}"


def titled(page: Page, title: str) -> Locator:
    return page.locator(".card-title bdi").get_by_text(title, exact=True)


def titles(page: Page) -> set[str]:
    return set(page.locator(".card-title bdi").all_inner_texts())


def test_search_comes_first_and_leads_to_the_graph(shop: Serving, watch: Watch) -> None:
    """A part of a name, the keys, and there is the picture."""
    watched = watch(shop)
    page = watched.open("/lineage")
    page.get_by_label("Find a column or dataset").fill("sales.tot")
    expect(page.get_by_role("option").first).to_contain_text("sales.total")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("column=.*sales.total"))
    expect(page.locator(".column-subject")).to_have_text("total")
    assert {"sales", "orders", "report", "raw_orders", "churn"} <= titles(page)


def test_direct_and_indirect_links_differ_in_more_than_colour(shop: Serving, watch: Watch) -> None:
    """By their dashes, and in words."""
    page = watch(shop).open(lineage(subject=subject("sales")))
    expect(page.locator(".card-subject")).to_have_count(1)
    dashes = {
        tone: page.locator(f".edge-{tone} .ink").first.evaluate(
            "path => getComputedStyle(path).strokeDasharray"
        )
        for tone in ("direct", "masked", "indirect")
    }
    assert 3 == len(set(dashes.values())) and "none" == dashes["direct"]
    said = page.locator(".edge-masked title").first.text_content()
    assert said == "1 masked value, 1 influence by make_sales"


def test_a_column_lights_up_what_rests_on_it(shop: Serving, watch: Watch) -> None:
    """Unfold a dataset, choose a column: its impact, along lines from column to column."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("orders")))
    page.get_by_label("2 columns of orders").click()
    page.locator(".card-subject .column", has_text="price").click()
    expect(page.locator(".column-subject")).to_have_text("price")
    expect(page.locator(".column-direct")).to_have_count(4)
    expect(page.locator(".lit-direct")).to_have_count(5)
    expect(page.get_by_role("complementary")).to_contain_text("What breaks without it")
    expect(page.get_by_role("complementary").get_by_role("link", name="churn")).to_be_visible()
    assert "column=" in watched.query() and "open=" in watched.query()


def test_the_address_holds_the_whole_view(shop: Serving, watch: Watch) -> None:
    """Opened anew, a page is what it was: subject, column, unfolded cards, where it was moved."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("sales"), depth="2"))
    page.get_by_label("2 columns of sales").click()
    page.get_by_label("Zoom in").click()
    page.get_by_label("Values only").check()
    page.wait_for_url(re.compile("values=only"))
    page.wait_for_timeout(400)  # The address follows the picture once that has come to rest.
    world = page.locator(".world").get_attribute("style")
    again = watch(shop)
    second = again.open(watched.query())
    expect(second.locator(".card-subject .columns li")).to_have_count(2)
    expect(second.get_by_label("Values only")).to_be_checked()
    assert world == second.locator(".world").get_attribute("style")


def test_back_and_forward_go_through_what_was_seen(shop: Serving, watch: Watch) -> None:
    """As on any page; and the graph stands where it stood."""
    page = watch(shop).open(lineage(subject=subject("sales")))
    expect(page.locator(".graph[aria-busy=false]")).to_be_visible()
    page.get_by_label("Zoom in").click()
    stood = page.locator(".world").get_attribute("style")
    page.get_by_role("button", name="Upstream", exact=True).click()
    expect(titled(page, "report")).to_have_count(0)
    expect(page.locator(".world")).not_to_have_attribute("style", stood or "")
    moved = page.locator(".world").get_attribute("style")
    page.wait_for_url(re.compile("way=upstream.*at="))
    page.go_back()
    expect(titled(page, "report")).to_have_count(1)
    expect(page.locator(".world")).to_have_attribute("style", stood or "")
    page.go_forward()
    expect(titled(page, "report")).to_have_count(0)
    expect(page.locator(".world")).to_have_attribute("style", moved or "")


def test_a_path_is_told_step_by_step(shop: Serving, watch: Watch) -> None:
    """From a raw column to a report, each step with its job; back again there is none."""
    path = lineage(
        subject=subject("raw_orders"),
        column=subject("raw_orders.price"),
        to=subject("report.total"),
    )
    page = watch(shop).open(path)
    expect(page.locator(".steps li")).to_have_count(4)
    expect(page.locator(".steps")).to_contain_text("aggregation by make_sales")
    expect(page.locator(".card")).to_have_count(4)
    assert {"raw_orders", "orders", "sales", "report"} == titles(page)
    back = lineage(subject=subject("report"), to=subject("raw_orders"))
    page = watch(shop).open(back)
    expect(page.get_by_text("No way leads there")).to_be_visible()
    page.get_by_role("button", name="Turn it round").click()
    expect(page.locator(".steps li")).to_have_count(4)


def test_a_slider_goes_back_in_time(shop: Serving, watch: Watch) -> None:
    """As of the first day the ledger was made of orders, as of now of sales."""
    page = watch(shop).open(lineage(subject=subject("ledger"), depth="1"))
    expect(titled(page, "sales")).to_have_count(1)
    page.get_by_label("As of").fill("0")
    expect(titled(page, "orders")).to_have_count(1)
    expect(titled(page, "sales")).to_have_count(0)
    assert {"ledger", "orders"} == titles(page)


def test_two_times_are_compared(shop: Serving, watch: Watch) -> None:
    """What came and what went is marked in the picture, by more than colour, and listed."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("ledger"), depth="1"))
    page.get_by_role("button", name="Compare two times").click()
    expect(page.locator(".card-dataset.card-added")).to_contain_text("+sales")
    expect(page.locator(".card-removed")).to_contain_text("−orders")
    expect(page.get_by_role("complementary")).to_contain_text("sales.total → ledger.sum")
    watched.screenshot("compare")


def test_what_only_moved_is_not_marked_as_changed(shop: Serving, watch: Watch) -> None:
    """A source of a source is one hop further away than it was: nothing of it came or went."""
    times = {"before": "2026-01-01T00:00:00Z", "after": "2026-01-02T00:00:00Z"}
    page = watch(shop).open(lineage(subject=subject("ledger"), depth="2", **times))
    expect(titled(page, "raw_orders")).to_have_count(1)
    expect(page.locator(".edge.edge-added")).to_have_count(1)
    expect(page.locator(".edge.edge-removed")).to_have_count(1)
    assert [] == page.locator(".card-added, .card-removed").all_inner_texts()


def test_what_is_left_out_is_counted_and_reached(shop: Serving, watch: Watch) -> None:
    """A stub says how many there are, and shows them beside what is there already."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("sales"), depth="1"))
    expect(titled(page, "report")).to_have_count(1)
    expect(titled(page, "raw_orders")).to_have_count(0)
    page.get_by_label("Show 1 more upstream of orders").click()
    expect(titled(page, "raw_orders")).to_have_count(1)
    expect(page.locator(".card-subject .card-title")).to_have_text("sales")
    expect(page.get_by_label(re.compile("upstream of orders"))).to_have_count(0)
    page.get_by_label("Show 1 more upstream of customers").click()
    expect(titled(page, "raw_customers")).to_have_count(1)
    shown = titles(page)
    again = watch(shop).open(watched.query())
    expect(titled(again, "raw_customers")).to_have_count(1)
    assert shown == titles(again)
    page.go_back()
    expect(titled(page, "raw_customers")).to_have_count(0)
    expect(titled(page, "raw_orders")).to_have_count(1)


def test_the_list_says_what_the_graph_shows(shop: Serving, watch: Watch) -> None:
    """For whoever cannot see it, or prints it: the same datasets, links and columns."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("sales")))
    expect(page.locator(".card")).not_to_have_count(0)
    drawn = titles(page)
    page.get_by_role("button", name="List").click()
    expect(page.locator(".outline")).to_be_visible()
    assert drawn == set(page.locator(".outline-entry > p a").all_inner_texts())
    entry = page.locator(".outline-entry", has_text="report").last
    expect(entry).to_contain_text("1 value by make_report")
    assert [] == watched.axe()


def test_the_keyboard_walks_the_graph(shop: Serving, watch: Watch) -> None:
    """Arrows along links, c for columns, Enter to choose, Escape to let go."""
    page = watch(shop).open(lineage(subject=subject("orders")))
    page.locator(".card-subject .card-head").focus()

    def focused() -> str:
        return str(page.evaluate("document.activeElement.querySelector('.card-title')?.innerText"))

    page.keyboard.press("ArrowRight")
    assert "sales" == focused()
    page.keyboard.press("ArrowLeft")
    assert focused() in {"orders", "customers"}
    page.keyboard.press("c")
    expect(page.locator(".columns")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".card-selected")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".card-selected")).to_have_count(0)


def test_everything_can_be_reached_with_tab(shop: Serving, watch: Watch) -> None:
    """One stop for the graph, not one for each of its cards."""
    page = watch(shop).open(lineage(subject=subject("sales")))
    expect(page.locator(".card")).not_to_have_count(0)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(str(page.evaluate("document.activeElement.className")))
    assert {"skip", "card-head"} <= seen
    assert 1 == page.locator(".card-head[tabindex='0']").count()


def test_hostile_names_are_only_names(serve: Serve, watch: Watch) -> None:
    """Markup, addresses, prototypes, directions, lengths: told as they are, and never run."""
    watched = watch(serve(estate.hostile()))
    page = watched.open(lineage(subject=f"evil://<b>ns</b>/{estate.HOSTILE[0]}", depth="20"))
    expect(page.locator(".card-subject")).to_have_count(1)
    names = [name for name in estate.HOSTILE if "." not in name]
    assert len(names) == page.locator(".card").count()
    for name in names:
        told = page.locator(".card-head").evaluate_all("heads => heads.map(head => head.title)")
        assert f"evil://<b>ns</b>/{name}" in told
    page.get_by_label(re.compile("1 columns of <img")).click()
    page.locator(".column").first.click()
    expect(page.locator(".column-subject")).to_have_text(estate.HOSTILE[0])
    page.get_by_role("button", name="List").click()
    expect(page.locator(".outline-entry")).to_have_count(len(names))
    for path in ("/runs", "/", "/health"):
        watched.open(path)
        expect(page.get_by_text("<u>", exact=False).first).to_be_attached()
    assert [1, 0] == page.evaluate(
        "[document.images.length, document.querySelectorAll('main u').length]"
    )


def test_a_picture_of_300_is_shown_at_once(serve: Serve, watch: Watch) -> None:
    """From the address to the cards on the screen."""
    name, envelopes = estate.large(NODES, 2 * NODES)
    watched = watch(serve(envelopes))
    page = watched.open(lineage(subject=name, depth="50"))
    assert NODES == shown(page)
    assert watched.painted_s() < FIRST_PAINT_S * LOADED


def test_a_picture_of_2000_is_shown(serve: Serve, watch: Watch) -> None:
    """On request only: 300 first, and then it says what else to do."""
    name, envelopes = estate.large(2_500, 5_000)
    watched = watch(serve(envelopes))
    page = watched.open(lineage(subject=name, depth="50"))
    assert NODES == shown(page)
    expect(page.get_by_text("There is more: more than 300 datasets.")).to_be_visible()
    watched = watch(serve(envelopes))
    page = watched.open(lineage(subject=name, depth="50", datasets="2000"))
    assert 2_000 == shown(page)
    assert watched.painted_s() < LARGE_S * LOADED
    expect(page.get_by_text("Nobody can read a larger picture.")).to_be_visible()


def test_ten_thousand_are_refused_with_what_to_do(shop: Serving, watch: Watch) -> None:
    """Politely, and the page stays whole."""
    watched = watch(shop)
    page = watched.open(lineage(subject=subject("sales"), datasets="10000"))
    expect(page.get_by_role("alert")).to_contain_text(
        "10,000 datasets are more than a picture can show"
    )
    expect(page.get_by_role("alert")).to_contain_text("Go fewer hops")
    # The browser logs every refusal by itself.
    assert watched.problems and all("400" in each for each in watched.problems)
    watched.problems.clear()


def test_what_is_not_known_is_said(shop: Serving, watch: Watch) -> None:
    """With names near it."""
    watched = watch(shop)
    page = watched.open(lineage(subject="shop/salez"))
    expect(page.get_by_role("alert")).to_contain_text("Nothing in the index is named")
    watched.problems.clear()


def shown(page: Page) -> int:
    expect(page.locator(".graph[aria-busy=false]")).to_be_visible()
    return page.locator(".card").count()
