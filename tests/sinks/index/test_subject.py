"""Names as people type them, and search."""

import pytest

from headwater.schemas.records import ModelInput, ModelVersion
from headwater.sinks.answers import AmbiguousSubjectError, UnknownSubjectError
from headwater.sinks.index import LineageIndex

from ..graph.estate import Estate, told


@pytest.fixture(name="index")
def _index() -> LineageIndex:
    estate = Estate("db://one")
    taken = ModelInput(namespace="db://one", name="main", fields=("dep_delay",))
    model = ModelVersion(namespace="ml", name="delay", version="3", inputs=(taken,))
    return LineageIndex.from_records(
        [
            *estate.in_force(
                estate.derivation("flights", {"dep_delay": [estate.source("raw.x")]}),
                estate.derivation("Flights", {"delay": [estate.source("flights.dep_delay")]}),
            ),
            *told(model),
        ]
    )


@pytest.mark.parametrize(
    "text", ["dep_delay", "flights.dep_delay", "FLIGHTS.DEP_DELAY", "db://one/flights.dep_delay"]
)
def test_the_end_of_a_name_is_enough_if_it_is_the_only_one(index: LineageIndex, text: str) -> None:
    """Parts of a name from its end on, in upper or lower case, lead to it."""
    if text == "dep_delay":
        with pytest.raises(AmbiguousSubjectError):
            index.downstream(text)
        return
    assert ("db://one", "flights", "dep_delay") == index.downstream(text).subject


def test_case_counts_where_it_tells_two_apart(index: LineageIndex) -> None:
    """`flights` and `Flights` are two datasets."""
    assert ("db://one", "Flights") == index.downstream("Flights").subject
    with pytest.raises(AmbiguousSubjectError) as caught:
        index.downstream("FLIGHTS")
    assert "`db://one/Flights`" in caught.value.message


def test_an_unknown_name_is_answered_with_names_near_it(index: LineageIndex) -> None:
    """A wrong table still shows where such a column is."""
    with pytest.raises(UnknownSubjectError) as caught:
        index.downstream("flight.dep_delay")
    assert "`db://one/flights.dep_delay`" in str(caught.value.remedy)


def test_a_model_is_traced_by_its_name(index: LineageIndex) -> None:
    """With or without its version."""
    for text in ("delay", "ml/delay", "delay@3"):
        passport = index.trace("ml/delay" if text == "delay" else text).passport
        assert passport is not None and "3" == passport.model.version


def test_search_puts_names_first_that_begin_so(index: LineageIndex) -> None:
    """`delay` begins a column and a model; `dep_delay` only contains it."""
    hits = index.search("delay").hits
    assert ["delay", "delay"] == [
        hit.name[-1] if hit.kind == "column" else hit.name[1] for hit in hits[:2]
    ]
    assert ("db://one", "flights", "dep_delay") in {hit.name for hit in hits}
    begun = index.search("delay", mode="prefix").hits
    assert {"Flights", "delay"} == {hit.name[1] for hit in begun}
    assert "more than 1 hits" == index.search("delay", limit=1).cut


def test_search_finds_jobs_and_names_that_came_later(index: LineageIndex) -> None:
    """The text of names grows with the index."""
    assert () == index.search("make_new").hits
    estate = Estate("db://one")
    for envelope in estate.in_force(estate.derivation("new", {"a": [estate.source("raw.x")]})):
        index.add(envelope)
    assert ["job"] == [hit.kind for hit in index.search("make_new").hits]
