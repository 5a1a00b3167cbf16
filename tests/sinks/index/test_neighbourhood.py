"""What is drawn around a dataset, and what beyond."""

from collections.abc import Collection

import pytest

from headwater.sinks.answers import Neighbourhood
from headwater.sinks.ask import Ask, Way
from headwater.sinks.index import LineageIndex

from ..graph.estate import Estate

SHOP = Estate("db://shop")
MADE_OF = {"b": "a", "c": "b", "d": "c", "aside": "a", "further": "aside"}
"""Each table and what it is made of: a > b > c > d, and aside of it a > aside > further."""


@pytest.fixture(name="index", scope="module")
def _index() -> LineageIndex:
    index = LineageIndex()
    made = [
        SHOP.derivation(table, {"x": [SHOP.source(f"{of}.x")]}) for table, of in MADE_OF.items()
    ]
    for envelope in SHOP.in_force(*made):
        index.add(envelope)
    return index


def around(
    index: LineageIndex, beyond: Collection[tuple[Way, str]] = (), nodes_max: int = 300
) -> Neighbourhood:
    ask = Ask(depth_max=1, nodes_max=nodes_max)
    return index.neighbourhood("db://shop/b", ask, beyond=beyond)


def hops(found: Neighbourhood) -> dict[str, int | None]:
    return {node.dataset.name: node.hops for node in found.datasets}


def test_what_is_next_to_what_is_shown_is_counted(index: LineageIndex) -> None:
    """Upstream and downstream of each, so that one knows where to go on."""
    found = around(index)
    assert {"b": 0, "a": -1, "c": 1} == hops(found)
    hidden = {node.dataset.name: (node.hidden_before, node.hidden_after) for node in found.datasets}
    assert {"b": (0, 0), "a": (0, 1), "c": (0, 1)} == hidden


def test_one_goes_on_from_where_one_wants(index: LineageIndex) -> None:
    """Onward the hops go on; there and back again is neither up- nor downstream."""
    beyond = [(Way.DOWNSTREAM, f"db://shop/{name}") for name in ("c", "aside", "a")]
    found = around(index, beyond)
    assert {"b": 0, "a": -1, "c": 1, "d": 2, "aside": None, "further": None} == hops(found)
    assert not any(node.hidden_before or node.hidden_after for node in found.datasets)
    assert 5 == len(found.links)


def test_what_is_not_shown_leads_nowhere(index: LineageIndex) -> None:
    """As when the address names what another time or filter leaves out."""
    found = around(index, [(Way.DOWNSTREAM, "db://shop/aside")])
    assert {"b": 0, "a": -1, "c": 1} == hops(found)


def test_more_than_asked_for_is_not_shown(index: LineageIndex) -> None:
    """Whatever is asked to be shown beyond."""
    found = around(index, [(Way.DOWNSTREAM, "db://shop/c")], nodes_max=3)
    assert {"b": 0, "a": -1, "c": 1} == hops(found)
    assert "more than 3 datasets" == found.cut
