"""Facets that say something of things become annotations, and only then."""

from typing import Any

import pytest

from headwater.schemas import facets
from headwater.schemas.records import Annotation

from .logs import NAMESPACE, dead_letters, envelopes, event, messages, of_kind, pipeline, process
from .logs import table as table_

TABLE = "shop.public.users"


def dataset_event(said: Any, *, minute: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventTime": f"2026-01-01T00:{minute:02d}:00Z",
        "producer": "test",
        "dataset": {
            "namespace": NAMESPACE,
            "name": TABLE,
            "facets": {facets.ANNOTATIONS: said, **more},
        },
    }


def said(outcome: Any) -> list[tuple[Any, ...]]:
    found: list[Any] = of_kind(outcome, "Annotation")
    return sorted((a.target_kind, a.name, a.field, a.key, a.value, a.action, a.at) for a in found)


TAGS = {
    "tags": [
        {"key": "pii", "value": "true", "field": "email"},
        {"key": "Classification", "value": "pii", "field": "email"},
        {"key": "tier", "value": "1", "source": "DBT"},
        {"key": "", "value": "nothing"},
        "no tag",
    ]
}


def test_the_standard_facets_of_datasets_and_jobs_are_taken() -> None:
    """Tags by their own key where it is one of ours, owners, documentation."""
    owners = {"owners": [{"name": "team:shop", "type": "MAINTAINER"}, {"type": "nameless"}]}
    users = table_(
        "users", "email", tags=TAGS, ownership=owners, documentation={"description": "People."}
    )
    outcome = process(
        [event("load", 1, inputs=[users], job_facets={"ownership": owners, "tags": None})]
    )
    assert [] == dead_letters(outcome)
    assert [
        ("column", TABLE, "email", "classification", "pii", "put", None),
        ("column", TABLE, "email", "tag", "pii", "put", None),
        ("dataset", TABLE, None, "description", "People.", "put", None),
        ("dataset", TABLE, None, "owner", "team:shop", "put", None),
        ("dataset", TABLE, None, "tag", "tier=1", "put", None),
        ("job", "load", None, "owner", "team:shop", "put", None),
    ] == said(outcome)


def test_what_every_run_states_again_is_one_record_since_the_first() -> None:
    """Later runs send nothing; an earlier one, come late, sends the earlier time."""
    line = pipeline()
    sent = []
    for partition, minute in enumerate((5, 9, 3, 4)):
        run = event("load", minute, inputs=[table_("users", tags=TAGS)])
        outcome = line.process(messages([run], partition=partition))
        line.confirm(outcome)
        found = [e for e in envelopes(outcome.sends) if isinstance(e.record, Annotation)]
        sent.append({e.observed_at[14:16] for e in found})
    assert [{"05"}, set(), {"03"}, set()] == sent


def test_our_own_facet_puts_and_removes_at_the_time_of_its_event() -> None:
    """On a dataset, its columns, a model of that name, a job."""
    put = {"annotations": [{"key": "classification", "value": "pii", "field": "email", "by": "x"}]}
    off = {"annotations": [{"key": "owner", "value": "a", "action": "remove"}], "on": "model"}
    job = {
        "eventTime": "2026-01-01T00:03:00Z",
        "job": {
            "namespace": "etl",
            "name": "load",
            "facets": {facets.ANNOTATIONS: {"annotations": [{"key": "rule", "value": "r"}]}},
        },
    }
    outcome = process([dataset_event(put), dataset_event(off, minute=2), job])
    at = "2026-01-01T00:0{}:00.000000Z"
    assert [
        ("column", TABLE, "email", "classification", "pii", "put", at.format(1)),
        ("job", "load", None, "rule", "r", "put", at.format(3)),
        ("model", TABLE, None, "owner", "a", "remove", at.format(2)),
    ] == said(outcome)
    assert {"Annotation"} == {e.record.kind for e in envelopes(outcome.sends)}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"annotations": [{"key": "", "value": "x"}]},
        {"annotations": [{"key": "k", "value": ""}]},
        {"annotations": [{"key": "k", "value": 1}]},
        {"annotations": [{"key": "k", "value": "x", "action": "erase"}]},
        {"annotations": [], "on": "cloud"},
        {"annotations": [{"key": "k", "value": "x" * 100_001}]},
    ],
)
def test_our_own_facet_is_refused_with_a_reason_where_it_is_wrong(wrong: Any) -> None:
    """What was said by hand must not be lost in silence."""
    (letter,) = dead_letters(process([dataset_event(wrong)]))
    assert ("headwater-reason", "not_an_annotation") in letter.headers
