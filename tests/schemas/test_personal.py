"""Which parts of an event are personal."""

from typing import Any

import pytest

from headwater.schemas import facets
from headwater.schemas.personal import seal_event


def sealed(text: str) -> str:
    """Stand in for a vault, legibly; like it, leave alone what is sealed."""
    return text if text.startswith("<") else f"<{text}>"


OWNERS = {"owners": [{"name": "alice", "type": "MAINTAINER"}, {"name": "team:data"}, {"x": 1}]}
SEALED_OWNERS = {
    "owners": [{"name": "<alice>", "type": "MAINTAINER"}, {"name": "<team:data>"}, {"x": 1}]
}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("owners", {"ownership": OWNERS}, {"ownership": SEALED_OWNERS}),
    (
        "the user of a query",
        {"headwater_query": {"user": "alice", "rows": 3, "text": "select user"}},
        {"headwater_query": {"user": "<alice>", "rows": 3, "text": "select user"}},
    ),
    (
        "annotations",
        {
            "headwater_annotations": {
                "annotations": [
                    {"key": "owner", "value": "alice", "by": "bob"},
                    {"key": "tag", "value": "gold", "by": "bob"},
                ]
            }
        },
        {
            "headwater_annotations": {
                "annotations": [
                    {"key": "owner", "value": "<alice>", "by": "<bob>"},
                    {"key": "tag", "value": "gold", "by": "<bob>"},
                ]
            }
        },
    ),
    (
        "home directories in a command line",
        {facets.TRAINING: {"command": ["/home/alice/bin/python", "C:\\Users\\bob\\a.py", "-v"]}},
        {
            facets.TRAINING: {
                "command": ["/home/<alice>/bin/python", "C:\\Users\\<bob>\\a.py", "-v"]
            }
        },
    ),
    (
        "home directories in parameters",
        {"executionParameters": {"parameters": [{"key": "data", "value": "/Users/alice/d"}]}},
        {"executionParameters": {"parameters": [{"key": "data", "value": "/Users/<alice>/d"}]}},
    ),
    (
        "owners among tags",
        {"tags": {"tags": [{"key": "Owner", "value": "alice"}, {"key": "by", "value": "x"}, 7]}},
        {"tags": {"tags": [{"key": "Owner", "value": "<alice>"}, {"key": "by", "value": "x"}, 7]}},
    ),
    ("other clients' facets", {"airflow": {"user": "x"}}, {"airflow": {"user": "x"}}),
    ("nonsense", {"ownership": 7, "headwater_x": None}, {"ownership": 7, "headwater_x": None}),
]


@pytest.mark.parametrize("place", ["run", "job", "dataset", "inputs", "outputs"])
@pytest.mark.parametrize(("before", "after"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_names_are_sealed_wherever_a_facet_may_stand(
    place: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Once, and what is sealed already stays as it is."""
    event: dict[str, Any] = {place: {"facets": dict(before)}}
    if place.endswith("puts"):
        event = {place: [{"facets": dict(before)}, None]}
    for _ in range(2):
        seal_event(event, sealed)
        found = event[place][0] if place.endswith("puts") else event[place]
        assert found == {"facets": after}


@pytest.mark.parametrize(
    "event", [None, [], "x", {"run": []}, {"inputs": {}, "job": {"facets": 1}}]
)
def test_what_is_no_event_is_left_alone(event: Any) -> None:
    """Decoding refuses it afterwards."""
    seal_event(event, sealed)
