"""What docs/time.md says, heading by heading, from events to answers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.processors.pipeline import Pipeline
from headwater.schemas import facets
from headwater.schemas.names import ColumnName
from headwater.sinks.answers import Diff
from headwater.sinks.ask import Ask
from headwater.sinks.index import LineageIndex

from ...processors.logs import NAMESPACE, envelopes, event, messages, pipeline, table


def at(minute: int) -> datetime:
    """A minute of the hour in which everything here happens."""
    return datetime(2026, 1, 1, 0, minute, tzinfo=UTC)


class Log:
    """A log of events: what a worker makes of them comes into an index as it comes in."""

    def __init__(self) -> None:
        self._worker: Pipeline = pipeline()
        self._partitions = 0
        self.index = LineageIndex()

    def comes(self, known: int, *events: dict[str, Any]) -> None:
        """Let events come in at a minute, whatever their own times are."""
        outcome = self._worker.process(messages(events, partition=self._partitions))
        self._worker.confirm(outcome)
        self._partitions += 1
        for envelope in envelopes(outcome.sends):
            self.index.add(envelope, known_at=at(known))

    def reached(
        self, subject: str, *, as_of: int | None = None, known_at: int | None = None
    ) -> set[str]:
        """Return the columns that hold values of a column."""
        as_at, as_known = (None if t is None else at(t) for t in (as_of, known_at))
        ask = Ask(as_at, as_known)
        columns = self.index.impact(subject, ask).reach.columns
        return {_short(each.name) for each in columns if each.direct}

    def sources(self, subject: str, *, as_of: int | None = None) -> set[str]:
        """Return the columns that a column comes from."""
        ask = Ask(None if as_of is None else at(as_of))
        return {_short(name) for name in self.index.trace(subject, ask).sources}

    def diff(self, before: int, after: int) -> Diff:
        return self.index.diff(at(before), at(after))


def _short(name: Iterable[str]) -> str:
    *_, dataset, field = name
    return f"{dataset.rpartition('.')[2]}.{field}"


A, B = table("a", "x", "y"), table("b", "z")


def copies(minute: int, column: str, **more: Any) -> dict[str, Any]:
    """A run of the job `copy` that fills `b.z` from a column of `a`."""
    sql = f"INSERT INTO b (z) SELECT {column} FROM a"
    return event("copy", minute, sql=sql, inputs=[A], outputs=[B], **more)


def changed(
    name: str, word: str, minute: int, *, fields: Sequence[str] = (), was: str | None = None
) -> dict[str, Any]:
    """A run that drops, renames or empties a table."""
    said: dict[str, Any] = {"lifecycleStateChange": word}
    if was is not None:
        said["previousIdentifier"] = {"namespace": NAMESPACE, "name": f"shop.public.{was}"}
    return event("tidy", minute, outputs=[table(name, *fields, lifecycleStateChange=said)])


def test_of_each_job_its_last_run_until_then_counts() -> None:
    """What it read before it was changed is true of then, and no more of now."""
    log = Log()
    log.comes(10, copies(10, "x"))
    log.comes(20, copies(20, "y"))
    assert [set(), {"b.z"}, {"b.z"}, set()] == [
        log.reached("a.x", as_of=t) for t in (9, 10, 19, 20)
    ]
    assert ({"a.x"}, {"a.y"}) == (log.sources("b.z", as_of=15), log.sources("b.z"))


def test_a_late_event_counts_from_its_own_time() -> None:
    """As known before it came, it is not there, whatever it says of then."""
    log = Log()
    log.comes(30, copies(30, "y"))
    log.comes(40, copies(10, "x"))
    assert {"b.z"} == log.reached("a.x", as_of=15)
    assert set() == log.reached("a.x", as_of=15, known_at=35)
    assert set() == log.reached("a.x"), "a later run had already changed it"


def test_a_backfill_says_what_was_true_then_and_leaves_now_alone() -> None:
    """It runs today with the time of the past; the run of yesterday stays the last one."""
    log = Log()
    log.comes(20, copies(20, "y"))
    now = log.reached("a.y")
    log.comes(50, copies(5, "x"))
    assert now == log.reached("a.y") == {"b.z"}
    assert {"b.z"} == log.reached("a.x", as_of=10)
    assert {"b.z"} == log.reached("a.y", as_of=25)


def test_a_corrected_parse_changes_what_is_known_of_then() -> None:
    """`SELECT *` ran before its table's columns were known: as of then they are, known later."""
    log = Log()
    star = event("copy", 10, sql="INSERT INTO b SELECT * FROM a", inputs=[table("a")], outputs=[B])
    log.comes(10, star)
    log.comes(30, event("load", 5, outputs=[table("a", "x")]))
    assert {"b.z"} == log.reached("a.x", as_of=15)
    assert set() == log.reached("a.x", as_of=15, known_at=20)


def test_a_deleted_dataset_falls_out_where_nothing_leads_on_from_it() -> None:
    """As of before it is there, and a later run brings it back."""
    log = Log()
    log.comes(10, copies(10, "x"))
    log.comes(20, changed("b", "DROP", 20))
    assert [{"b.z"}, set()] == [log.reached("a.x", as_of=t) for t in (19, 20)]
    (turn,) = log.diff(15, 25).datasets
    assert ("DROP", "tidy-20") == (turn.change, turn.cause.run_id)
    assert ["removed"] == [column.change for column in log.diff(15, 25).columns]
    log.comes(30, copies(30, "x"))
    assert {"b.z"} == log.reached("a.x")


def test_a_deleted_dataset_stays_on_the_way_of_what_was_made_of_it() -> None:
    """A staging table is dropped when the job is done; the report still comes from its source."""
    log = Log()
    report = event(
        "report",
        11,
        sql="INSERT INTO c (w) SELECT z FROM b",
        inputs=[B],
        outputs=[table("c", "w")],
    )
    log.comes(12, copies(10, "x"), report, changed("b", "DROP", 12))
    assert {"b.z", "c.w"} == log.reached("a.x")
    assert {"a.x"} == log.sources("c.w")


def test_an_emptied_dataset_keeps_its_columns_and_lineage() -> None:
    """What fills it is as it was; that it was emptied is told."""
    log = Log()
    log.comes(20, copies(10, "x"), changed("b", "TRUNCATE", 20))
    assert {"b.z"} == log.reached("a.x")
    assert ["TRUNCATE"] == [turn.change for turn in log.diff(15, 25).datasets]


def test_a_renamed_dataset_holds_what_the_former_one_held() -> None:
    """The former name stays on the way; as of before, it is the end of it."""
    log = Log()
    log.comes(20, copies(10, "x"), changed("new", "RENAME", 20, was="b"))
    assert {"b.z"} == log.reached("a.x", as_of=15)
    assert {"b.z", "new.z"} == log.reached("a.x")
    (turn,) = log.diff(15, 25).datasets
    assert ("RENAME", "shop.public.b") == (turn.change, turn.previous and turn.previous.name)


def test_what_is_said_of_things_has_both_times_too() -> None:
    """Put on at a time, taken off at another; nothing said before is lost."""
    log = Log()

    def said(minute: int, action: str) -> dict[str, Any]:
        note = {"key": "classification", "value": "pii", "field": "x", "action": action}
        facet = facets.own(facets.ANNOTATIONS, annotations=[note])
        dataset = A | {"facets": {facets.ANNOTATIONS: facet}}
        return {"eventTime": at(minute).isoformat(), "producer": "me", "dataset": dataset}

    log.comes(20, said(10, "put"))
    log.comes(40, said(30, "remove"))

    def values(as_of: int, known_at: int = 59) -> list[str]:
        (found,) = log.index.annotated("a.x", Ask(at(as_of), at(known_at))).items
        return [note.value for note in found.notes]

    assert [[], ["pii"], []] == [values(t) for t in (9, 29, 30)]
    assert ([], ["pii"]) == (values(29, known_at=15), values(35, known_at=35))


def test_a_diff_names_what_changed_and_by_whom() -> None:
    """Columns, types, edges, jobs, each with the run and the commit."""
    log = Log()
    code = {"sourceCodeLocation": {"type": "git", "url": "git@shop", "version": "c0ffee"}}
    log.comes(10, copies(10, "x"))
    wide = {"name": "shop.public.b", "namespace": NAMESPACE, "facets": {}}
    wide["facets"] = {"schema": facets.schema([("z", "text"), ("n", "int")])}
    log.comes(
        20,
        event(
            "copy",
            20,
            sql="INSERT INTO b SELECT y, x FROM a",
            inputs=[A],
            outputs=[wide],
            job_facets=code,
        ),
    )
    diff = log.diff(15, 25)
    assert {("n", "added", None, "int"), ("z", "retyped", "int", "text")} == {
        (c.name.field, c.change, c.before, c.after) for c in diff.columns
    }
    assert {("a.x", "b.n", "added"), ("a.x", "b.z", "removed"), ("a.y", "b.z", "added")} == {
        (_short(e.source), _short(e.target), e.change) for e in diff.edges
    }
    causes = [*(c.cause for c in diff.columns), *(e.cause for e in diff.edges)]
    assert {("copy-20", "c0ffee")} == {(c.run_id, c.commit) for c in causes if c}
    assert [("copy", "added")] == [(j.name.name, j.change) for j in log.diff(5, 25).jobs]


def test_times_far_away_and_zones_are_times_like_others() -> None:
    """The years 1 and 9999, and the same moment by another clock."""
    log = Log()
    log.comes(10, copies(10, "x"))
    ask = Ask(datetime(9999, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    column = ColumnName(NAMESPACE, "shop.public.a", "x")
    assert log.index.impact(column, ask).reach.columns
    assert not log.index.impact(column, Ask(datetime(1, 1, 1, tzinfo=UTC))).reach.columns
    kathmandu = datetime.fromisoformat("2026-01-01T05:55:00+05:45")
    assert log.index.impact(column, Ask(kathmandu)).reach.columns
    naive = datetime(2026, 1, 1, 0, 9)
    assert not log.index.impact(column, Ask(naive)).reach.columns


def test_every_heading_of_the_page_is_held_by_a_test_of_its_name() -> None:
    """A promise without a test is none."""
    page = Path("docs/time.md").read_text()
    semantics = page.partition("## What holds when")[2].partition("\n## ")[0]
    headings = [line.removeprefix("### ") for line in semantics.splitlines() if line[:4] == "### "]
    names = {"test_" + "_".join(heading.lower().split()) for heading in headings}
    assert len(headings) >= 9
    assert set() == names - set(globals())
