"""Annotations leave as OpenLineage events, and come in as records."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest

from headwater.processors.annotations import annotations
from headwater.producers import Emitter, annotate
from headwater.producers.annotations import Note, event
from headwater.producers.dbt.meta import read
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.names import DatasetName
from headwater.schemas.openlineage import Event

PLACE = ("postgres://db:5432", "shop.public.users")


class Held:
    """An emitter that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)


def records(event: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = annotations(Event.model_validate(orjson.loads(orjson.dumps(event))))
    return [(a.target_kind, a.field, a.key, a.value, a.action, a.by, a.at) for a in found]


def test_what_is_put_and_removed_becomes_records() -> None:
    """By the worker's own reading, at the time stated, in UTC."""
    held: Any = Held()
    when = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    annotate(
        *PLACE,
        field="email",
        put={"classification": "pii", "owner": ["ann", "bob"]},
        remove={"tag": "public"},
        by="dpo",
        at=when,
        emitter=held,
    )
    at = "2026-01-02T01:00:00.000000Z"
    assert [
        ("column", "email", "classification", "pii", "put", "dpo", at),
        ("column", "email", "owner", "ann", "put", "dpo", at),
        ("column", "email", "owner", "bob", "put", "dpo", at),
        ("column", "email", "tag", "public", "remove", "dpo", at),
    ] == records(held.events[0])


@pytest.mark.parametrize("on", ["dataset", "job", "model"])
def test_jobs_and_models_are_annotated_too(on: Any) -> None:
    """A time without a zone is UTC."""
    made = event(*PLACE, [Note("rule", "r")], on=on, at=datetime(2026, 1, 1))
    assert [(on, None, "rule", "r", "put", None, "2026-01-01T00:00:00.000000Z")] == records(made)


@pytest.mark.parametrize(
    ("name", "notes"),
    [("", [Note("k", "v")]), ("t", []), ("t", [Note("", "v")]), ("t", [Note("k", "")])],
)
def test_what_says_nothing_is_an_error(name: str, notes: list[Note]) -> None:
    """Nothing is emitted that the worker would refuse."""
    with pytest.raises(HeadwaterError):
        event(PLACE[0], name, notes)


def test_the_emitter_takes_it(tmp_path: Path) -> None:
    """Under the key that OpenLineage's clients give a DatasetEvent."""
    target = tmp_path / "events.jsonl"
    with_file = Emitter(transport="file", file=str(target), spool_dir=tmp_path / "spool")
    annotate(*PLACE, put={"classification": "pii"}, emitter=with_file)
    with_file.close()
    assert b'"pii"' in target.read_bytes()


MANIFEST = {
    "metadata": {"adapter_type": "postgres"},
    "groups": {"group.shop.crm": {"name": "crm", "owner": {"email": "crm@example.org"}}},
    "nodes": {
        "model.shop.users": {
            "resource_type": "model",
            "database": "shop",
            "schema": "public",
            "name": "users",
            "alias": "users",
            "description": "People.",
            "tags": ["core"],
            "config": {"meta": {"tier": 1, "policy": {"keep": "2 years"}}, "group": "crm"},
            "columns": {
                "email": {
                    "name": "email",
                    "description": "",
                    "meta": {"contains_pii": True, "classification": ["pii", "contact"]},
                    "tags": ["mail"],
                },
                "id": {"name": "id", "meta": None, "tags": []},
            },
        },
        "test.shop.unique": {"resource_type": "test", "name": "unique", "tags": ["t"]},
    },
    "sources": {
        "source.shop.raw.users": {
            "resource_type": "source",
            "database": None,
            "schema": "raw",
            "name": "u",
            "identifier": "users_v1",
            "meta": {"owner": "team:raw"},
        }
    },
}


def test_a_dbt_manifest_is_read_with_its_columns(tmp_path: Path) -> None:
    """Meta by key, tags, descriptions, and the owner of the group."""
    path = tmp_path / "manifest.json"
    path.write_bytes(orjson.dumps(MANIFEST))
    assert {
        DatasetName(PLACE[0], "shop.public.users"): [
            Note("tier", "1"),
            Note("policy.keep", "2 years"),
            Note("tag", "core"),
            Note("description", "People."),
            Note("owner", "crm@example.org"),
            Note("contains_pii", "true", "email"),
            Note("classification", "pii", "email"),
            Note("classification", "contact", "email"),
            Note("tag", "mail", "email"),
        ],
        DatasetName(PLACE[0], "raw.users_v1"): [Note("owner", "team:raw")],
    } == read(path, PLACE[0])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nodes": []}'])
def test_what_is_no_manifest_is_an_error(tmp_path: Path, text: str) -> None:
    """With what it is, and where manifests are made."""
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(HeadwaterError, match=r"manifest\.json"):
        read(path, PLACE[0])
    with pytest.raises(HeadwaterError, match="cannot read"):
        read(tmp_path / "none.json", PLACE[0])
