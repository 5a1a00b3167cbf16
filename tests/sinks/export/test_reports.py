"""Reports on impact and change as pages: all of it is there, and nothing of it runs."""

from datetime import UTC, datetime

import pytest

from headwater.schemas.names import ColumnName, DatasetName, JobName
from headwater.sinks.answers import (
    Cause,
    ColumnChange,
    DatasetTurn,
    Diff,
    DiffCounts,
    EdgeChange,
    Evidence,
    How,
    Impact,
    JobChange,
    ModelAtRisk,
    ModelChange,
    ModelName,
    ModelsAtRisk,
    ModelUse,
    Position,
    Reach,
    Related,
)
from headwater.sinks.ask import Ask
from headwater.sinks.export import diff, impact

from .read_page import ReadPage

AT = datetime(2026, 3, 31, 17, tzinfo=UTC)
ASK = Ask(as_of=AT)
KINDS = ("Datasets", "Columns", "Edges", "Jobs", "Models trained on something else")
HOSTILE = (
    "plain",
    "<script>alert(1)</script>",
    "</td></table>&amp;",
    "a\u202eb\x1b[31m",
    "{{ 7 }}",
)


def _impact(name: str) -> tuple[Impact, ModelsAtRisk]:
    """Return an answer in which everything is called so, of which not all is listed."""
    column, dataset, job = (
        ColumnName(name, name, name),
        DatasetName(name, name),
        JobName(name, name),
    )
    link = Evidence(column, column, job, name, name, True, None, "0a")
    reached = (
        Related(column, False, True, 1, column, link),
        Related(dataset, True, False, 2, None, None),
    )
    uses = (
        ModelUse(name, name, name, "0b", (column,), True),
        ModelUse(name, name, name, "0c", (), False, ModelName(name, name, name)),
    )
    at = (Position("records", 0, 7),)
    reach = Reach(column, reached[:1], reached[1:], 3, 1, 2, name, at)
    risks = (
        ModelAtRisk(uses[0], True, AT, job, name, AT, name, (name,)),
        ModelAtRisk(uses[1], False, AT, None, None, None, None, ()),
    )
    return Impact(reach, (job,), uses), ModelsAtRisk(column, risks, 1, name, at)


def _diff(name: str) -> Diff:
    """Return changes of every kind, the same way."""
    column, dataset, job = (
        ColumnName(name, name, name),
        DatasetName(name, name),
        JobName(name, name),
    )
    by, how = Cause(AT, job, name, name, name), How(name, name, True)
    return Diff(
        AT,
        AT,
        (ColumnChange(column, "retyped", name, None, by),),
        (EdgeChange(column, column, job, "changed", (how,), (), None),),
        (DatasetTurn(dataset, name, dataset, by),),
        (JobChange(job, "added", by),),
        (ModelChange(name, name, None, name, (column,), (dataset,), by),),
        DiffCounts(2, 1, 1, 1, 1),
        name,
        (),
    )


def _pages(name: str) -> list[str]:
    answer, risks = _impact(name)
    return [
        impact.html(answer, risks, ASK, AT),
        impact.html(answer, None, ASK, AT),
        impact.models_html(risks, ASK, AT),
        diff.html(_diff(name), name, None, AT),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_name_is_it_stays_text(name: str) -> None:
    """Each page has the elements that it has of harmless names, and no other."""
    harmless = [ReadPage(page).tags for page in _pages("plain")]
    for page, tags in zip(_pages(name), harmless, strict=True):
        read = ReadPage(page)
        assert tags == read.tags and "script" not in tags
        assert [] == read.links
        assert not {"\x1b", "\u202e"} & set(page)
        shown = name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
        assert "".join(read.texts).count(shown) >= 15


def test_a_page_says_how_complete_it_is() -> None:
    """Where the walk was cut, and where more is there than is listed."""
    whole, only, models, changes = (" ".join(ReadPage(page).texts) for page in _pages("too far"))
    assert all("no: too far" in text for text in (whole, only, models, changes))
    assert all("… and 2 more, not listed" in text for text in (whole, only))
    assert "… and 1 more, not listed" in changes
    assert all(f"{AT.isoformat()}" in text for text in (whole, only, models, changes))


def test_owners_and_last_runs_are_told_where_they_are_known() -> None:
    """The graph knows neither; nobody is named where nobody is stated."""
    whole, only, models, _ = (" ".join(ReadPage(page).texts) for page in _pages("n"))
    assert all("owners" in text and "nobody is named" in text for text in (whole, models))
    assert "owners" not in only and "its base" in only


def test_an_empty_answer_is_said_in_words() -> None:
    """No table without a row."""
    subject = ColumnName("n", "t", "c")
    nothing = Impact(Reach(subject, (), (), 0, 0, 0, None, ()), (), ())
    changes = Diff(AT, AT, (), (), (), (), (), DiffCounts(0, 0, 0, 0, 0), None, ())
    pages = {
        "Nothing depends on it": impact.html(nothing, None, ASK, AT),
        "No model depends on it": impact.models_html(
            ModelsAtRisk(subject, (), 0, None, ()), ASK, AT
        ),
        "Nothing changed": diff.html(changes, None, AT, AT),
    }
    for words, page in pages.items():
        assert words in page
        assert not {"thead", "h2"} & ReadPage(page).tags


def test_every_kind_of_change_has_its_table_with_what_did_it() -> None:
    """Where nobody knows what did it, that is said."""
    text = " ".join(ReadPage(diff.html(_diff("n"), None, None, AT)).texts)
    assert all(f" {kind} " in text for kind in KINDS)
    assert "unknown" in text and "commit " in text and "up- and downstream" not in text
