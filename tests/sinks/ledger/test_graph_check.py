"""A copy of the graph, held against the log: whatever was done to it is noticed and named."""

import json
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from headwater.schemas.canonical import canonical
from headwater.schemas.records import Annotation, JobRef, RunState, encode
from headwater.sinks.graph.elements import Edge, Element, Vertex, elements
from headwater.sinks.ledger.graph_check import Expected, graph_faults

from ..graph.estate import Estate, told
from .conftest import Tampering
from .history import entries

Row = dict[str, Any]
Damage = Callable[[random.Random, list[Row]], list[str]]
"""Alters rows in place; returns ids one of which a fault must name."""


@dataclass(frozen=True)
class Copy:
    """Rows of a graph."""

    rows: list[Row]

    def vertices(self, uids: Collection[str]) -> Iterator[Row]:
        """Yield the vertices of these ids."""
        return (r for r in self.rows if "source" not in r and r["said"].get("uid") in uids)

    def edges(self, uids: Collection[str]) -> Iterator[Row]:
        """Yield the edges that go out of the vertices of these ids."""
        return (row for row in self.rows if row.get("source") in uids)

    def uids(self) -> Iterator[tuple[str, str | None]]:
        """Yield label and id of every vertex."""
        return ((r["label"], r["said"].get("uid")) for r in self.rows if "source" not in r)


def estate() -> tuple[Expected, list[Row]]:
    """Return what some records state, and a graph that holds it."""
    made = Estate("duckdb://graph-check")
    derivation = made.derivation(
        "out", {c: [made.source(f"raw.{c}"), made.source("raw.k", "JOIN")] for c in "abcd"}
    )
    run = RunState(
        run_id="r1", job=JobRef(namespace="jobs", name="load"), state="COMPLETE",
        at="2026-01-01T00:00:00Z", inputs=(made.dataset("raw"),), outputs=(made.dataset("out"),),
    )  # fmt: skip
    note = Annotation(
        target_kind="column", namespace="duckdb://graph-check", name="raw", field="a",
        key="classification", value="personal", at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    records = [*made.in_force(derivation), *told(run, note)]
    expected = Expected()
    found: dict[str, Element] = {}
    for number, record in enumerate(records):
        entry = entries(1)[0]._replace(offset=number, value=encode(record))
        expected.add(entry, required=True)
        both = elements(record)
        found |= {vertex.uid: vertex for vertex in both.vertices}
        found |= {edge.uid: edge for edge in both.edges}
    return expected, [row_of(element) for element in found.values()]


def row_of(element: Vertex | Edge) -> Row:
    """Return an element as the graph gives it."""
    said = {"uid": element.uid, **element.properties}
    if isinstance(element, Vertex):
        return {"label": element.label, "said": said}
    return {
        "label": element.label,
        "source": element.source,
        "target": element.target,
        "said": said,
    }


def alter(chance: random.Random, rows: list[Row]) -> list[str]:
    """Give a property another value."""
    row = chance.choice([row for row in rows if len(row["said"]) > 1])
    name = chance.choice([name for name in row["said"] if name != "uid"])
    row["said"][name] = f"{row['said'][name]}x"
    return [row["said"]["uid"]]


def strip(chance: random.Random, rows: list[Row]) -> list[str]:
    """Take a property off."""
    row = chance.choice([row for row in rows if len(row["said"]) > 1])
    row["said"].pop(chance.choice([name for name in row["said"] if name != "uid"]))
    return [row["said"]["uid"]]


def delete(chance: random.Random, rows: list[Row]) -> list[str]:
    """Take an element out."""
    return [rows.pop(chance.randrange(len(rows)))["said"]["uid"]]


def insert(chance: random.Random, rows: list[Row]) -> list[str]:
    """Put an element in that no record states."""
    row = json.loads(canonical(chance.choice(rows)))
    row["said"]["uid"] += "x"
    rows.append(row)
    return [row["said"]["uid"]]


def repeat(chance: random.Random, rows: list[Row]) -> list[str]:
    """Put an element in a second time."""
    row = chance.choice(rows)
    rows.append(row)
    return [row["said"]["uid"]]


def swap(chance: random.Random, rows: list[Row]) -> list[str]:
    """Have an edge lead elsewhere: its ends change places with each other."""
    row = chance.choice([row for row in rows if "source" in row])
    row["source"], row["target"] = row["target"], row["source"]
    return [row["said"]["uid"]]


def rename(chance: random.Random, rows: list[Row]) -> list[str]:
    """Give an element another label."""
    row = chance.choice(rows)
    row["label"] += "x"
    return [row["said"]["uid"]]


DAMAGES: tuple[Damage, ...] = (alter, strip, delete, insert, repeat, swap, rename)


def test_a_graph_as_its_records_state_it_has_no_fault() -> None:
    """Nothing is noticed where nothing is wrong."""
    expected, rows = estate()
    assert list(graph_faults(Copy(rows), expected)) == []
    assert len(rows) > 30


def test_whatever_is_done_to_an_element_is_noticed_and_named(tampering: Tampering) -> None:
    """Altered, taken out, put in, repeated, led elsewhere: the fault says which element it is."""
    expected, rows = estate()
    whole = canonical(rows)
    for _ in range(tampering.rounds):
        damaged = json.loads(whole)
        named = tampering.chance.choice(DAMAGES)(tampering.chance, damaged)
        faults = list(graph_faults(Copy(damaged), expected))
        assert any(uid in fault for fault in faults for uid in named), (named, faults)


def test_every_byte_of_a_copy_counts(tampering: Tampering) -> None:
    """One that is flipped leaves either no copy of a graph, or another one."""
    expected, rows = estate()
    whole = canonical(rows)
    for _ in range(tampering.rounds):
        damaged = bytearray(whole)
        damaged[tampering.chance.randrange(len(whole))] ^= tampering.chance.randrange(1, 256)
        try:
            faults = list(graph_faults(Copy(json.loads(bytes(damaged))), expected))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        assert faults, bytes(damaged)
