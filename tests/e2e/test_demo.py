"""The demo on the real stack gives the answers worked out by hand."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from headwater.deploy.demo import answers
from headwater.deploy.demo.model import MODEL
from headwater.deploy.demo.report import summary
from headwater.deploy.demo.story import Findings, check
from headwater.deploy.stack import Stack
from headwater.sinks.answers import Related
from headwater.sinks.index import Client

pytestmark = pytest.mark.stack


def test_nothing_is_wrong(found: Findings) -> None:
    """Every count and answer that the demo checks is right."""
    assert [] == found.wrong


def test_impact_of_a_column_is_what_the_sql_says(found: Findings) -> None:
    """Columns by values and by rows or conditions, tables, jobs and the model."""
    impact = summary(found)["impact"]
    assert [
        "airport_delays.mean_dep_delay",
        "carrier_week.week_dep_delay",
        "completed_flights.dep_delay",
        "flight_features.dep_delay",
        "flight_features.week_dep_delay",
        "flight_weather.dep_delay",
        "training_set.dep_delay",
        "training_set.week_dep_delay",
    ] == impact["direct"]
    assert [
        "airport_delays.departures",
        "airport_delays.origin",
        "delay_class.delay_class",
    ] == impact["indirect"]
    assert "train_arrival_delay" in impact["jobs"]
    assert [f"arrival_delay@{found.trained.run_id}"] == impact["models"]  # type: ignore[union-attr]


def test_trace_of_the_model_reaches_the_source_columns(found: Findings) -> None:
    """Through two views, a window, a UNION and two aggregations."""
    sources = set(summary(found)["trace"]["sources"])
    assert answers.TRACE_DIRECT_SOURCES | answers.TRACE_INDIRECT_SOURCES == sources


def test_the_passport_names_what_made_the_model(found: Findings) -> None:
    """Run, hyperparameters, seed, columns."""
    assert found.trace and found.trace.passport and found.trained
    passport = found.trace.passport.model
    assert found.trained.run_id == passport.run_id
    assert {"steps": 400, "batch_size": 512} == {
        key: passport.hyperparameters[key] for key in ("steps", "batch_size")
    }
    assert 13 == passport.seeds["seed"]
    assert passport.artifact_digest


def test_the_api_says_what_the_graph_says(found: Findings, whole_stack: Stack) -> None:
    """Two ways to keep the same records, one answer."""
    assert found.impact and found.trace and whole_stack.endpoints.api_url
    client = Client(whole_stack.endpoints.api_url)
    impact, trace = client.impact(answers.IMPACT_SUBJECT), client.trace(MODEL)
    for theirs, ours in ((found.impact.reach, impact.reach), (found.trace.reach, trace.reach)):
        assert reached(theirs.columns) == reached(ours.columns)
        assert reached(theirs.datasets) == reached(ours.datasets)
        assert ours.offsets
    assert (found.impact.jobs, found.impact.models) == (impact.jobs, impact.models)
    assert (found.trace.sources, found.trace.jobs) == (trace.sources, trace.jobs)
    assert trace.passport and trace.passport.made_at
    assert found.trace.passport == replace(trace.passport, made_at=None), "the graph keeps no time"


def reached(related: Iterable[Related]) -> set[tuple[object, ...]]:
    """Return names with how they were reached; of several ways as good either may tell one."""
    return {(each.name, each.direct, each.masked, each.hops) for each in related}


def test_a_repetition_writes_nothing_but_the_runs(found: Findings) -> None:
    """Unchanged statements add runs and what ties them, no structure."""
    assert answers.REPEATED_STATEMENTS_WRITE == set(found.added)
    assert found.statements == found.added["Run"]


def test_the_check_notices_what_is_wrong(found: Findings) -> None:
    """A missing column, a lost record and an edge too many are all named."""
    assert found.impact and found.second
    reach = found.impact.reach
    fewer = replace(found.impact, reach=replace(reach, columns=reach.columns[1:]))
    lost = replace(found.second, owed=found.second.owed | {"Derivation": 99})
    assert any("missing" in wrong for wrong in check(replace(found, impact=fewer)))
    assert any("99" in wrong for wrong in check(replace(found, second=lost)))
    graph = found.second.graph | {"DERIVES": found.second.graph["DERIVES"] + 1}
    more = replace(found.second, graph=graph)
    assert any("DERIVES" in wrong for wrong in check(replace(found, second=more)))
