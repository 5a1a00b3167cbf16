"""Every classified source of a report is told with its verdict and its way, and none is lost."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.schemas.records import (
    Annotation,
    AnyRecord,
    Envelope,
    Method,
    ModelInput,
    ModelVersion,
    Unresolved,
)
from headwater.sinks.answers import PiiReport, UnknownSubjectError
from headwater.sinks.ask import Ask
from headwater.sinks.compliance import DEFAULT, pii
from headwater.sinks.compliance.policy import parse_policy
from headwater.sinks.index import LineageIndex

from ..graph.estate import Estate, told

E = Estate("db://one")
S = E.source


def said(
    target: str, key: str, value: str, *, at: str = "2026-01-01T00:00:00Z", remove: bool = False
) -> Annotation:
    """Annotate a column, or a dataset where there is no dot."""
    name, _, field = target.partition(".")
    return Annotation(
        target_kind="column" if field else "dataset",
        namespace=E.namespace,
        name=name,
        field=field or None,
        key=key,
        value=value,
        action="remove" if remove else "put",
        at=at,
    )


PII = said("users.email", "classification", "pii")
CONSENT = said("users.email", "consent", "newsletter 2026")


def index_of(envelopes: Iterable[Envelope], *records: AnyRecord) -> LineageIndex:
    return LineageIndex.from_records([*envelopes, *told(*records)])


def verdicts(report: PiiReport) -> dict[str, str]:
    return {".".join(column.name[1:]): column.verdict for column in report.columns}


@pytest.mark.parametrize(
    ("ways", "verdict"),
    [
        ([("IDENTITY", False)], "exposed"),
        ([("TRANSFORMATION", False)], "exposed"),
        ([("TRANSFORMATION", True)], "masked"),
        ([("AGGREGATION", False)], "weakened"),
        ([("AGGREGATION", True)], "masked"),
        ([("JOIN", False)], "none"),
        ([("FILTER", False)], "none"),
        ([("GROUP_BY", False)], "weakened"),
        ([("CONDITIONAL", False)], "weakened"),
        ([("LATERAL", False)], "unknown"),
        ([("IDENTITY", False), ("TRANSFORMATION", True)], "masked"),
        ([("TRANSFORMATION", True), ("IDENTITY", False)], "masked"),
        ([("AGGREGATION", False), ("TRANSFORMATION", True)], "masked"),
        ([("AGGREGATION", False), ("IDENTITY", False)], "weakened"),
        ([("LATERAL", False), ("AGGREGATION", False)], "weakened"),
        ([("IDENTITY", False), ("JOIN", False)], "none"),
    ],
)
def test_the_verdict_is_what_the_way_leaves(ways: Sequence[tuple[str, bool]], verdict: str) -> None:
    """Of each link as the policy says, and of a way what its weakest link leaves."""
    tables = ["users.email", *(f"t{n}.x" for n in range(len(ways) - 1)), "report.x"]
    made = [
        E.derivation(target.split(".")[0], {"x": [S(source, subtype, masking=masking)]})
        for source, target, (subtype, masking) in zip(tables, tables[1:], ways, strict=False)
    ]
    report = pii(index_of(E.in_force(*made), PII), "report")
    assert {"report.x": verdict} == verdicts(report)
    assert verdict == report.verdict
    if verdict != "none":
        (finding,) = report.columns[0].findings
        assert E.column("users.email") == finding.source
        assert [subtype for subtype, _ in ways] == [step.subtype for step in finding.steps]
        assert verdict == finding.steps[-1].left
        assert tables[0] == ".".join(finding.steps[0].source[1:])
        assert tables[-1] == ".".join(finding.steps[-1].target[1:])


TWO_WAYS = E.in_force(
    E.derivation("hashed", {"h": [S("users.email", "TRANSFORMATION", masking=True)]}),
    E.derivation("plain", {"p": [S("users.email")]}),
    E.derivation("report", {"a": [S("hashed.h"), S("plain.p")], "b": [S("hashed.h")], "c": []}),
)


def test_the_way_that_leaves_most_decides() -> None:
    """A hash beside the value hides nothing; each column is judged for itself."""
    report = pii(index_of(TWO_WAYS, PII), "report")
    assert {"report.a": "exposed", "report.b": "masked", "report.c": "none"} == verdicts(report)
    assert ["a", "b", "c"] == [str(column.name[-1]) for column in report.columns]
    (finding,) = report.columns[0].findings
    assert ["users.email", "plain.p"] == [".".join(s.source[1:]) for s in finding.steps]


@pytest.mark.parametrize(
    ("extra", "violated", "allowed"),
    [((), True, "weakened"), ((CONSENT,), False, "exposed")],
)
def test_a_consent_record_allows_what_the_policy_says(
    extra: tuple[Annotation, ...], violated: bool, allowed: str
) -> None:
    """It stands beside the source in the answer."""
    report = pii(index_of(TWO_WAYS, PII, *extra), "report")
    assert violated is report.violated
    (finding,) = report.columns[0].findings
    assert (allowed, violated) == (finding.allowed, finding.violated)
    assert [n.value for n in finding.consents] == [a.value for a in extra]
    assert ["pii"] == [n.value for n in finding.classified_by]


@pytest.mark.parametrize("key", ["classification", "CLASSIFICATION"])
@pytest.mark.parametrize("value", ["pii", "PII", " Personal "])
@pytest.mark.parametrize("target", ["users.email", "users"])
def test_columns_are_classified_by_themselves_or_by_their_dataset(
    target: str, key: str, value: str
) -> None:
    """In any spelling of upper and lower case."""
    report = pii(index_of(TWO_WAYS, said(target, key, value)), "report.a")
    assert "exposed" == report.verdict


def test_as_of_before_it_was_classified_it_says_what_was_classified_since() -> None:
    """An answer of then is no clean bill of today."""
    later = said("users.email", "classification", "pii", at="2026-03-01T00:00:00Z")
    index = index_of(TWO_WAYS, later)
    february = Ask(as_of=datetime(2026, 2, 1, tzinfo=UTC))
    report = pii(index, "report", ask=february)
    assert ("none", (E.column("users.email"),)) == (report.verdict, report.classified_since)
    april = replace(february, as_of=datetime(2026, 4, 1, tzinfo=UTC))
    assert ("exposed", ()) == (
        (now := pii(index, "report", ask=april)).verdict,
        now.classified_since,
    )


def test_a_consent_that_was_withdrawn_is_none_from_then_on() -> None:
    """As of before, it held."""
    withdrawn = said(
        "users.email", "consent", "newsletter 2026", at="2026-03-01T00:00:00Z", remove=True
    )
    index = index_of(TWO_WAYS, PII, CONSENT, withdrawn)
    assert pii(index, "report").violated
    assert not pii(index, "report", ask=Ask(as_of=datetime(2026, 2, 1, tzinfo=UTC))).violated


def test_what_is_put_and_removed_at_one_instant_stands() -> None:
    """Nothing is declared clean by a tie."""
    off = said("users.email", "classification", "pii", remove=True)
    assert "exposed" == pii(index_of(TWO_WAYS, PII, off), "report").verdict


def test_a_column_that_is_vouched_for_stops_its_sources_and_not_its_own_class() -> None:
    """Released beyond doubt, unless it is classified too: then the stricter holds."""
    vouched = said("plain.p", "classification", "anonymised")
    report = pii(index_of(TWO_WAYS, PII, vouched), "report.a")
    assert "masked" == report.verdict
    assert "masked" == report.columns[0].findings[0].steps[-1].left
    both = said("plain.p", "classification", "pii")
    assert "exposed" == pii(index_of(TWO_WAYS, PII, vouched, both), "report.a").verdict


def test_what_is_classified_on_the_way_is_told_at_its_origin() -> None:
    """Consent is sought at the source; a class that does not come from there counts itself."""
    way = said("plain.p", "tag", "pii")
    report = pii(index_of(TWO_WAYS, PII, way, CONSENT), "report.a")
    assert [E.column("users.email")] == [f.source for f in report.columns[0].findings]
    assert not report.violated
    hashed = said("hashed.h", "tag", "pii")
    report = pii(index_of(TWO_WAYS, PII, hashed), "report.b")
    assert [("hashed.h", "exposed"), ("users.email", "masked")] == [
        (".".join(f.source[1:]), f.verdict) for f in report.columns[0].findings
    ]


def test_a_report_column_that_is_classified_itself_is_its_own_source() -> None:
    """With no steps between."""
    index = index_of(TWO_WAYS, said("report.c", "classification", "pii"))
    report = pii(index, "report.c")
    assert ("exposed", ()) == (report.verdict, report.columns[0].findings[0].steps)


def test_cycles_and_self_joins_end_and_lose_nothing() -> None:
    """Two classified columns that feed one another both count."""
    index = index_of(
        E.in_force(
            E.derivation("a", {"x": [S("b.x"), S("a.x")]}),
            E.derivation("b", {"x": [S("a.x")]}),
            E.derivation("report", {"x": [S("b.x")]}),
        ),
        said("a.x", "classification", "pii"),
        said("b.x", "classification", "pii"),
    )
    report = pii(index, "report")
    assert {"a", "b"} == {f.source.name for f in report.columns[0].findings}


GAPS: list[tuple[Any, dict[str, str]]] = [
    (Unresolved(field="x", reason="unknown_column", detail="z"), {"x": "unknown", "y": "none"}),
    (Unresolved(reason="unknown_column"), {"x": "unknown", "y": "unknown"}),
    (Unresolved(reason="parse_error"), {"x": "unknown", "y": "unknown"}),
    (Unresolved(field="x", reason="ambiguous_column"), {"x": "none", "y": "none"}),
]


@pytest.mark.parametrize(("part", "expected"), GAPS)
def test_a_way_with_unresolved_parts_is_unknown_and_never_clean(
    part: Unresolved, expected: dict[str, str]
) -> None:
    """Far up the way too, with the reason; what every candidate of is named by edges is not."""
    made = E.derivation("t", {"x": [S("s.x")], "y": [S("s.y")]}, unresolved=[part])
    copy = E.derivation("report", {"x": [S("t.x")], "y": [S("t.y")]})
    report = pii(index_of(E.in_force(made, copy)), "report")
    assert {f"report.{k}": v for k, v in expected.items()} == verdicts(report)
    unknown = "unknown" in expected.values()
    assert unknown is report.violated
    if unknown:
        gap = report.columns[0].gaps[0]
        assert (part.reason, part.detail) == (gap.reason, gap.detail)
        assert gap.job and "make_t" == gap.job.name


def test_behind_a_mask_a_gap_hides_no_more_than_the_mask_leaves() -> None:
    """Whatever it is, only its hash comes on."""
    made = E.derivation("t", {"x": []}, unresolved=[Unresolved(field="x", reason="unknown_column")])
    hashed = E.derivation("report", {"x": [S("t.x", "TRANSFORMATION", masking=True)]})
    assert "masked" == pii(index_of(E.in_force(made, hashed)), "report").verdict


def test_where_only_datasets_are_known_any_column_may_be_any() -> None:
    """The verdict is unknown, with the source by name."""
    made = E.derivation("report", inputs=["users"], method=Method.INFERRED)
    report = pii(index_of(E.in_force(made), PII), "report")
    assert {"report": "unknown"} == verdicts(report)
    assert E.column("users.email") == report.columns[0].findings[0].source
    assert report.violated
    assert "none" == pii(index_of(E.in_force(made)), "report").verdict


def test_a_walk_that_was_cut_is_no_clean_bill() -> None:
    """What lies beyond is unknown."""
    report = pii(index_of(TWO_WAYS, PII), "report", ask=Ask(depth_max=1))
    assert report.cut
    assert ("unknown", True) == (report.verdict, report.violated)
    assert "cut" == report.columns[0].gaps[0].reason


def test_a_model_shows_what_it_was_trained_on() -> None:
    """By the columns of its latest version as of then."""
    model = ModelVersion(
        namespace="ml",
        name="churn",
        version="7",
        inputs=(ModelInput(namespace=E.namespace, name="report", fields=("a", "c")),),
    )
    report = pii(index_of(TWO_WAYS, PII, model), "churn")
    assert (("ml", "churn"), "7") == (report.subject, report.version)
    assert {"report.a": "exposed", "report.c": "none"} == verdicts(report)
    with pytest.raises(UnknownSubjectError, match="no version"):
        pii(index_of(TWO_WAYS, model), "churn", ask=Ask(as_of=datetime(2020, 1, 1, tzinfo=UTC)))


def test_of_several_classes_the_one_that_allows_least_decides() -> None:
    """Each with its own name."""
    policy = parse_policy(
        """
        version: 1
        name: two
        classes:
          - {name: contact, annotations: {tag: [contact]}, allowed: exposed}
          - {name: health, annotations: {tag: [health]}, allowed: none, allowed_with_consent: none}
        direct: {"*": exposed}
        """
    )
    both = said("users.email", "tag", "contact"), said("users.email", "tag", "health")
    report = pii(index_of(TWO_WAYS, *both), "report.b", policy)
    finding = report.columns[0].findings[0]
    assert ("health", "none", True) == (finding.data_class, finding.allowed, finding.violated)
    assert not pii(index_of(TWO_WAYS, both[0]), "report.b", policy).violated
    assert DEFAULT.digest != report.policy_digest == policy.digest


def test_order_and_repetition_change_nothing() -> None:
    """Annotations too are a grow-only set."""
    envelopes = [*TWO_WAYS, *told(PII, CONSENT, said("users.email", "consent", "x", remove=True))]
    once, again = LineageIndex.from_records(envelopes), LineageIndex()
    for envelope in reversed([*envelopes, *envelopes]):
        again.add(envelope)
    assert pii(once, "report") == pii(again, "report")


def test_annotations_on_names_that_nothing_derives_from_do_no_harm() -> None:
    """They make the name known; a report without sources is clean."""
    index = index_of(TWO_WAYS, said("nowhere.x", "classification", "pii"))
    assert "none" == pii(index, "report").verdict
    assert "exposed" == pii(index, "nowhere").verdict
    with pytest.raises(UnknownSubjectError):
        pii(index, "no_such_report")
