"""Bundles: an answer with its evidence convinces, and nothing else passes for it."""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.evidence import Asked, EvidenceError, Question, check, check_log, gather
from headwater.schemas import facets
from headwater.schemas.canonical import canonical
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import encode
from headwater.schemas.topics import RECORDS
from headwater.sinks.compliance import DEFAULT
from headwater.sinks.ledger.bundle import make_bundle, open_bundle
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.key_file import read_key
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, heads_path, tree_path
from headwater.sinks.ledger.note import SigningKey
from headwater.sinks.ledger.proof import encode as written
from headwater.sinks.ledger.proof import parse
from headwater.sinks.ledger.tree_file import TreeFile

from .test_replay import START, dataset, event, live

SEED = 20260131
FLIPS = 300


def training(minute: int) -> bytes:
    """Return the end of a run that trained a model on `report`."""
    said = json.loads(event(minute, "train", None, [dataset("report", None)]))
    said["inputs"][0]["facets"][facets.COLUMNS_USED] = facets.own(
        facets.COLUMNS_USED, fields=["id", "x"]
    )
    model = {"namespace": "models", "name": "churn"}
    model["facets"] = {facets.MODEL: facets.own(facets.MODEL, version="1")}  # type: ignore[assignment]
    return canonical({**said, "outputs": [model]})


def classified() -> bytes:
    """Return the event that calls a column personal, with the consent to show it."""
    said = [
        {"key": "classification", "value": "pii", "field": "x", "by": "dpo"},
        {"key": "consent", "value": "contract 7", "field": "x", "by": "dpo"},
    ]
    facet = {facets.ANNOTATIONS: facets.own(facets.ANNOTATIONS, annotations=said)}
    return canonical(
        {
            "eventTime": START.isoformat(),
            "producer": "urn:test",
            "dataset": {**dataset("a", None), "facets": facet},
        }
    )


EVENTS = [
    classified(),
    event(0, "describe", None, [dataset("a", ["id", "x"]), dataset("b", ["id", "y"])]),
    event(1, "load", "INSERT INTO c SELECT * FROM a", [dataset("a", None)], [dataset("c", None)]),
    *(
        event(
            2 + n,
            "report",
            "INSERT INTO report SELECT c.id, x FROM c JOIN b USING (id)",
            [dataset("c", None), dataset("b", None)],
            [dataset("report", None)],
        )
        for n in range(30)
    ),
    training(40),
    # What has nothing to do with the question, and what came after it.
    event(41, "other", "INSERT INTO z SELECT y FROM b", [dataset("b", None)], [dataset("z", None)]),
    event(
        50, "report", "INSERT INTO report SELECT y AS x FROM b",
        [dataset("b", None)], [dataset("report", None)],
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Signed:
    """A log of records, spread over two partitions, and the ledger that signed it."""

    directory: Path
    entries: list[Entry]

    def bundle(self, asked: Asked, *, entries: list[Entry] | None = None) -> dict[str, Any]:
        """Return the bundle of a question."""
        found = gather(lambda: self.entries, asked)
        return self.sealed(found.statement, found.entries if entries is None else entries)

    def sealed(self, statement: Any, entries: list[Entry]) -> dict[str, Any]:
        """Seal a statement with records, whether it follows from them or not."""
        key = read_key(self.directory / "ledger.key")
        return make_bundle(
            statement, entries, self.path, read_heads(heads_path(self.directory)), key
        )

    def path(self, entry: Entry, size: int) -> list[bytes]:
        """Prove a message."""
        place = tree_path(self.directory, entry.topic, entry.partition)
        with closing(TreeFile(place, writable=False)) as tree:
            return tree.inclusion(entry.offset, size)

    def check(self, bundle: Any) -> Asked:
        """Check a bundle, as it is written to a file."""
        trusted = read_key(self.directory / "ledger.key").verifier
        opened = open_bundle(parse(written(bundle)), trusted=trusted)
        return check(opened.statement, opened.entries)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """A log, signed in several heads; its key was replaced once."""
    directory = tmp_path_factory.mktemp("evidence")
    offsets = [0, 0]
    entries = []
    for number, envelope in enumerate(live([EVENTS])):
        partition = number % 2
        at = START + timedelta(minutes=number)
        entries.append(
            Entry(
                RECORDS.name, partition, offsets[partition], int(at.timestamp() * 1000), b"k",
                encode(envelope),
            )
        )  # fmt: skip
        offsets[partition] += 1
    with Ledger(directory) as ledger:
        for number, entry in enumerate(entries):
            ledger.append(entry)
            if number % 10 == 9:
                ledger.checkpoint()
        ledger.rotate()
        ledger.checkpoint()
    return Signed(directory, entries)


STRICT = DEFAULT.text.replace("allowed_with_consent: exposed", "allowed_with_consent: none")

ASKED = [
    Asked(Question.IMPACT, "a.x"),
    Asked(Question.IMPACT, "a.x", as_of=START + timedelta(minutes=45)),
    Asked(Question.TRACE, "report.x"),
    Asked(Question.TRACE, "report.x", as_of=START + timedelta(minutes=45)),
    Asked(Question.TRACE, "churn"),
    Asked(Question.TRACE, "report", known_at=START + timedelta(minutes=20)),
    Asked(Question.PII, "report", as_of=START + timedelta(minutes=45)),
    Asked(Question.PII, "report", START + timedelta(minutes=45), policy=STRICT),
    Asked(Question.PII, "churn"),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.question} {asked.subject}")
def test_an_answer_follows_from_its_bundle(signed: Signed, asked: Asked) -> None:
    """As of any time, by what was known at any time, of a column, dataset or model."""
    bundle = signed.bundle(asked)
    assert signed.check(bundle) == asked
    assert len(bundle["records"]) < len(signed.entries) / 2


def test_the_answers_are_those_of_their_time(signed: Signed) -> None:
    """Before the statement was changed `report.x` came from `a`, and after it from `b`."""
    sources = [
        {
            f"{each['name']}.{each['field']}"
            for each in signed.bundle(asked)["statement"]["answer"]["sources"]
        }
        for asked in ASKED[2:4]
    ]
    assert sources == [{"b.y"}, {"a.x", "a.id", "b.id"}]


def test_a_report_on_personal_data_is_judged_by_the_policy_in_its_bundle(signed: Signed) -> None:
    """With consent it may be shown, unless the policy says that it may not even then."""
    kept, broken = (signed.bundle(asked)["statement"] for asked in ASKED[6:8])
    assert (kept["answer"]["verdict"], kept["answer"]["violated"]) == ("exposed", False)
    assert broken["answer"]["violated"] is True
    entries = gather(lambda: signed.entries, ASKED[7]).entries
    with pytest.raises(EvidenceError, match="not what follows"):
        signed.check(signed.sealed({**broken, "policy": None}, entries))


def test_every_flip_of_a_bundle_is_noticed(signed: Signed) -> None:
    """Any byte of answer, records, proofs, heads or seal."""
    data = written(signed.bundle(ASKED[1]))
    trusted = read_key(signed.directory / "ledger.key").verifier
    chance = random.Random(SEED)
    for _ in range(FLIPS):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        with pytest.raises(HeadwaterError):
            opened = open_bundle(parse(bytes(damaged)), trusted=trusted)
            check(opened.statement, opened.entries)


def forgeries(signed: Signed) -> Iterator[tuple[str, Any, list[Entry]]]:
    """Yield what whoever holds the key might seal all the same."""
    asked = ASKED[1]
    found = gather(lambda: signed.entries, asked)
    statement, entries = found.statement, found.entries
    fewer: dict[str, Any] = json.loads(canonical(statement))
    fewer["answer"]["reach"]["columns"] = fewer["answer"]["reach"]["columns"][1:]
    yield "the answer is not what follows", fewer, entries
    yield "lacks the record", statement, entries[1:]
    for kind in ("Derivation", "Resolution"):
        (out, *_) = [e for e in entries if f'"kind":"{kind}"'.encode() in (e.value or b"")]
        record = json.loads(out.value or b"")["id"]
        named = {**statement, "records": [each for each in statement["records"] if each != record]}
        yield "lacks the record|holds no event", named, [e for e in entries if e is not out]
    others = [entry for entry in signed.entries if entry not in entries]
    yield "besides what it states", statement, [*entries, others[0]]
    yield "say of its records|says of its records", {**statement, "resolvers": ["x/9"]}, entries
    yield "states no question", {"answer": {}}, entries


def test_a_forged_bundle_is_refused_though_the_key_sealed_it(signed: Signed) -> None:
    """The seal alone is not believed: the answer must follow from the records."""
    for why, statement, entries in forgeries(signed):
        with pytest.raises(EvidenceError, match=why):
            signed.check(signed.sealed(statement, entries))


def test_what_was_withheld_is_found_in_the_whole_log(signed: Signed) -> None:
    """Whoever holds the key may leave out what came later, if all that is left agrees."""
    found = gather(lambda: signed.entries, ASKED[1])
    later = {**found.statement, "as_of": datetime(2030, 1, 1, tzinfo=UTC).isoformat()}
    bundle = signed.sealed(later, found.entries)
    asked = signed.check(bundle)
    with pytest.raises(EvidenceError, match="the whole log"):
        check_log(later, asked, signed.entries)
    check_log(found.statement, ASKED[1], signed.entries)


def test_a_record_that_is_not_in_the_log_cannot_be_bundled(signed: Signed) -> None:
    """Its way up leads to another head than the one that was signed."""
    entry = signed.entries[0]._replace(value=b"{}")
    with pytest.raises(HeadwaterError, match="not the message that was signed for"):
        signed.sealed({}, [entry])


def test_a_bundle_by_another_ledger_is_refused(signed: Signed) -> None:
    """It is not by the key that the reader trusts."""
    stranger = SigningKey.generate("headwater/stranger").verifier
    with pytest.raises(HeadwaterError, match="not signed by the key"):
        open_bundle(signed.bundle(ASKED[0]), trusted=stranger)
