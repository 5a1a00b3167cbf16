"""`headwater audit`: prove that what was recorded was neither altered nor lost."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import fsspec
import typer

from ...schemas.errors import HeadwaterError
from ...schemas.topics import RECORDS
from ...sinks.compliance.policy import DEFAULT, read_policy
from ...sinks.graph.connection import GraphConnection
from ...sinks.graph.identity import IDENTITIES
from ...sinks.graph.settings import from_environment as graph_settings
from ...sinks.ledger.audit import Observe, agreed_heads, ignore, verify_log
from ...sinks.ledger.bundle import FORMAT as BUNDLE_FORMAT
from ...sinks.ledger.bundle import Opened, make_bundle, open_bundle
from ...sinks.ledger.bundle import Path as Inclusion
from ...sinks.ledger.chain import Chain, check_trusted, read_chain
from ...sinks.ledger.consumer import HeadsTopic
from ...sinks.ledger.export import verify_export, write_export
from ...sinks.ledger.graph_check import Expected, LiveGraph, graph_faults
from ...sinks.ledger.heads import read_heads
from ...sinks.ledger.kafka_log import KafkaLog
from ...sinks.ledger.key_file import read_key, read_public_key
from ...sinks.ledger.leaf import Entry
from ...sinks.ledger.ledger import Ledger, heads_path, public_key_path, tree_path
from ...sinks.ledger.log import messages
from ...sinks.ledger.note import VerifierKey
from ...sinks.ledger.proof import Proven, encode, parse, prove
from ...sinks.ledger.proof import check as check_proof
from ...sinks.ledger.report import Report
from ...sinks.ledger.settings import ledger_directory
from ...sinks.ledger.tree_file import TreeFile
from ...sinks.ledger.witness import check_witness
from ...sinks.ledger.witness import witness as write_witness
from .. import evidence
from ..archives import archive_at
from ..asking import AsOfOption, KnownAtOption, bootstrap_of, gremlin_of
from ..offsets import KafkaOffsets
from ..terminal import FAILED, Json, print_json, print_table

_FAULTS_MAX = 100

command = typer.Typer(no_args_is_help=True)

KafkaOption = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Read this Kafka.")
]
LedgerOption = Annotated[
    Path | None, typer.Option("--ledger", metavar="DIR", help="The ledger's directory.")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="The ledger's public key, or a file with it."),
]


@command.command()
def verify(
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Verify this export or archive, and no Kafka."),
    ] = None,
    graph: Annotated[
        bool, typer.Option("--graph", help="Compare the graph with the log, too.")
    ] = False,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="TARGET", help="Compare with what this witnessed."),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(
            "--archive",
            metavar="URL",
            help="Verify this archive, too: what it holds need not be in Kafka any more.",
        ),
    ] = None,
    gremlin: Annotated[
        str | None, typer.Option("--gremlin", metavar="URL", help="Ask this Gremlin server.")
    ] = None,
    key: KeyOption = None,
    kafka: KafkaOption = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Read the log again and compare it with every signed head.

    Exit codes: 0 all is as it was signed, 1 it is not, 2 wrong options.
    """
    if source is not None and (graph or witness or archive):
        raise typer.BadParameter("--from reads that alone: leave --graph, --witness, --archive out")
    if source is not None:
        report = _verify_copy(source, _trusted(key, ledger))
    else:
        live = _live(key, kafka, ledger, witness or [])
        report = _verify_live(live, archive, gremlin, graph=graph)
    _show(report, as_json=as_json)
    if not report.ok:
        raise typer.Exit(FAILED)


@command.command("prove")
def prove_record(
    record: Annotated[
        str, typer.Argument(help="A record's id, or where it lies: topic/partition/offset.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where to write the proof.")] = Path(
        "proof.json"
    ),
    kafka: KafkaOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Write a proof that a record is in the log, for whoever has the public key alone.

    Exit codes: 0 written, 1 there is no such record, or it is not what was signed for.
    """
    directory = ledger or ledger_directory()
    notes = read_heads(heads_path(directory))
    with closing(KafkaLog(bootstrap_of(kafka))) as log:
        entry = _find(log, record)
    with closing(
        TreeFile(tree_path(directory, entry.topic, entry.partition), writable=False)
    ) as tree:
        out.write_bytes(encode(prove(entry, tree, notes, read_chain(notes))))
    typer.echo(f"{out}: {entry.topic}/{entry.partition} offset {entry.offset}")


@command.command("check")
def check_file(
    proof: Annotated[
        Path, typer.Argument(help="What `headwater audit prove`, or export --subject, wrote.")
    ],
    archive: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Of a bundle, derive the answer from all that this archive holds, too.",
        ),
    ] = None,
    key: KeyOption = None,
    as_json: Json = False,
) -> None:
    """Check a proof or a bundle, with the public key and nothing else.

    Exit codes: 0 it holds, 1 it does not.
    """
    trusted = _trusted(key, None)
    if trusted is None:
        raise HeadwaterError(
            "a proof is checked with the ledger's public key",
            remedy="Give it with --key; `headwater audit key` prints it where the ledger runs.",
        )
    said = parse(_read(proof))
    if isinstance(said, dict) and said.get("format") == BUNDLE_FORMAT:
        opened = open_bundle(said, trusted=trusted)
        asked = evidence.check(opened.statement, opened.entries)
        if archive is not None:
            evidence.check_log(opened.statement, asked, _archived_records(archive, trusted))
        _show_bundle(opened, as_json=as_json)
    elif archive is not None:
        raise typer.BadParameter("--archive is for a bundle: a proof rests on no other record")
    else:
        _show_proven(check_proof(said, trusted=trusted), as_json=as_json)


@command.command()
def export(
    target: Annotated[str, typer.Argument(help="A path or URL; `.gz` at its end compresses.")],
    subject: Annotated[
        str | None,
        typer.Option(help="Only the answer on this column, dataset or model, with its evidence."),
    ] = None,
    question: Annotated[
        evidence.Question, typer.Option(help="With --subject: what to answer.")
    ] = evidence.Question.TRACE,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --question pii: a policy in YAML, not ours."),
    ] = None,
    kafka: KafkaOption = None,
    ledger: LedgerOption = None,
) -> None:
    """Write the log, or an answer with all records it follows from, into one sealed file.

    Either proves itself with the public key alone: `headwater audit verify --from FILE` and
    `headwater audit check FILE`.

    Exit codes: 0 written, 1 nothing has the subject's name.
    """
    if subject is None and (as_of or known_at):
        raise typer.BadParameter("--as-of and --known-at are for an answer: name its --subject")
    directory = ledger or ledger_directory()
    notes = read_heads(heads_path(directory))
    with closing(KafkaLog(bootstrap_of(kafka))) as log:
        if subject is None:
            count = write_export(
                target, notes, _covered(log, read_chain(notes)), read_key(directory / "ledger.key")
            )
            typer.echo(f"{target}: {count} messages, {len(notes)} heads")
            return
        asked = evidence.Asked(question, subject, as_of, known_at, _policy(question, policy))
        found = evidence.gather(lambda: _covered(log, read_chain(notes), RECORDS.name), asked)
    with _inclusion(directory) as path:
        bundle = make_bundle(
            found.statement, found.entries, path, notes, read_key(directory / "ledger.key")
        )
    with fsspec.open(target, "wb", compression="infer") as file:
        file.write(encode(bundle))
    typer.echo(f"{target}: the {question} of {subject} with {len(found.entries)} records")


@command.command()
def witness(
    target: Annotated[
        str, typer.Argument(help="A path, a URL, or kafka://host:port of another cluster.")
    ],
    ledger: LedgerOption = None,
) -> None:
    """Keep the newest head where whoever runs the ledger cannot rewrite it.

    Exit codes: 0 kept, 1 the ledger does not continue what was witnessed before.
    """
    notes = read_heads(heads_path(ledger or ledger_directory()))
    read_chain(notes)
    write_witness(target, notes)
    typer.echo(f"{target}: {len(notes)} heads")


@command.command("key")
def show_key(ledger: LedgerOption = None) -> None:
    """Print the ledger's public key, for whoever verifies."""
    typer.echo(public_key_path(ledger or ledger_directory()).read_text().strip())


@command.command()
def rotate(ledger: LedgerOption = None) -> None:
    """Replace the ledger's key by a new one, which the old one signs.

    The ledger must be stopped meanwhile.

    Exit codes: 0 replaced, 1 the ledger runs, or is damaged.
    """
    with Ledger(ledger or ledger_directory()) as opened:
        opened.rotate()
        typer.echo(str(opened.public_key))


@dataclass(frozen=True, slots=True)
class _Live:
    """A ledger with its log: where they are, and the heads that both agree on."""

    bootstrap: str
    directory: Path
    chain: Chain


def _live(key: str | None, kafka: str | None, ledger: Path | None, witnesses: list[str]) -> _Live:
    directory = ledger or ledger_directory()
    bootstrap = bootstrap_of(kafka)
    notes = agreed_heads(read_heads(heads_path(directory)), HeadsTopic(bootstrap).read())
    for target in witnesses:
        check_witness(target, notes)
    return _Live(bootstrap, directory, read_chain(notes, trusted=_trusted(key, directory)))


def _verify_live(where: _Live, archive: str | None, gremlin: str | None, *, graph: bool) -> Report:
    """Verify the log in Kafka, and on request an archive and the graph."""
    archived = _verify_archive(archive, where) if archive else None
    expected = Expected()
    observe = _expecting(expected, where.bootstrap) if graph else ignore
    with closing(KafkaLog(where.bootstrap)) as log:
        report = verify_log(
            log,
            where.chain,
            directory=where.directory,
            archived=_ends(archived) if archived else {},
            observe=observe,
        )
    if archived:
        report.problems.extend(archived.faults())
    if graph:
        report.problems.extend(_graph_faults(expected, gremlin))
    return report


def _verify_copy(source: str, trusted: VerifierKey | None) -> Report:
    """Verify an archive or an export by itself."""
    archive = archive_at(source)
    if not archive.segments():
        return verify_export(source, trusted=trusted)
    keys = archive.chain().keys
    check_trusted(keys, trusted)
    return archive.verify(trusted=keys)


def _archived_records(url: str, trusted: VerifierKey) -> Iterator[Entry]:
    """Return the records of an archive, once it is verified.

    Raises:
        HeadwaterError: If it is not as it was signed.
    """
    report = _verify_copy(url, trusted)
    if not report.ok:
        raise HeadwaterError(
            f"the archive {url} is not as it was signed: {report.faults()[0]}",
            remedy="See all faults with `headwater audit verify --from`.",
        )
    yield from messages(archive_at(url), RECORDS.name)


def _verify_archive(url: str, where: _Live) -> Report:
    return archive_at(url).verify(trusted=where.chain.keys)


def _ends(archived: Report) -> dict[tuple[str, int], int]:
    return {(v.topic, v.partition): v.size for v in archived.verdicts}


def _graph_faults(expected: Expected, gremlin: str | None) -> list[str]:
    identity = IDENTITIES[graph_settings().gremlin_identity]()
    connection = GraphConnection(gremlin_of(gremlin))
    try:
        return list(islice(graph_faults(LiveGraph(connection, identity), expected), _FAULTS_MAX))
    finally:
        connection.close()


def _expecting(expected: Expected, bootstrap: str) -> Observe:
    """Return what notes each record, to be in the graph by now if its sink has committed it."""
    group = graph_settings().consumer_group
    committed = KafkaOffsets(bootstrap).committed(group)

    def observe(entry: Entry) -> None:
        if entry.topic == RECORDS.name:
            written = committed.get((entry.topic, entry.partition), 0)
            expected.add(entry, required=entry.offset < written)

    return observe


def _covered(log: KafkaLog, chain: Chain, only: str | None = None) -> Iterator[Entry]:
    """Yield the messages that the heads cover, of all topics or one."""
    for (topic, partition), checkpoints in chain.trees():
        if only in (None, topic):
            low, _ = log.partitions(topic)[partition]
            yield from log.entries(topic, partition, low, checkpoints[-1].size)


def _policy(question: evidence.Question, path: Path | None) -> str | None:
    """Return the policy to state: ours in full too, as that of another version may differ."""
    if path is not None:
        return read_policy(path).text
    return DEFAULT.text if question is evidence.Question.PII else None


@contextmanager
def _inclusion(directory: Path) -> Iterator[Inclusion]:
    """Give what proves a message out of the ledger's own trees."""
    with ExitStack() as opened:

        @cache
        def tree(topic: str, partition: int) -> TreeFile:
            path = tree_path(directory, topic, partition)
            return opened.enter_context(closing(TreeFile(path, writable=False)))

        yield lambda entry, size: tree(*entry[:2]).inclusion(entry.offset, size)


def _find(log: KafkaLog, record: str) -> Entry:
    place = record.rsplit("/", 2)
    if len(place) == 3 and place[1].isdecimal() and place[2].isdecimal():
        topic, partition, offset = place[0], int(place[1]), int(place[2])
        found = next(log.entries(topic, partition, offset, offset + 1), None)
    else:
        found = _find_id(log, record)
    if found is None:
        raise HeadwaterError(
            f"there is no record {record} in the log",
            remedy="Give a record's id, or topic/partition/offset.",
        )
    return found


def _find_id(log: KafkaLog, record: str) -> Entry | None:
    said = f'"id":"{record}"'.encode()
    return next((e for e in messages(log, RECORDS.name) if said in (e.value or b"")), None)


def _trusted(key: str | None, directory: Path | None) -> VerifierKey | None:
    """Return the key that is given, else the one that lies with the ledger, if any does."""
    if key is not None:
        return read_public_key(key)
    path = public_key_path(directory or ledger_directory())
    return read_public_key(str(path)) if path.exists() else None


def _read(path: Path) -> bytes:
    try:
        with fsspec.open(str(path), "rb", compression="infer") as file:
            data: bytes = file.read()
            return data
    except OSError as error:
        raise HeadwaterError(f"cannot read {path}: {error.strerror}") from error


def _show_proven(proven: Proven, *, as_json: bool) -> None:
    entry, checkpoint = proven.entry, proven.checkpoint
    said = {
        "message": f"{entry.topic}/{entry.partition} offset {entry.offset}",
        "in the log by": checkpoint.at,
        "among": f"{checkpoint.size} messages",
        "signed by": str(proven.key),
        "value": (entry.value or b"").decode(errors="replace"),
    }
    print_json(said) if as_json else print_table("Proven", said.items())


def _show_bundle(opened: Opened, *, as_json: bool) -> None:
    statement = opened.statement
    if as_json:
        print_json({**statement, "signed by": str(opened.key)})
        return
    said = {
        "question": statement["question"],
        "subject": statement["subject"],
        "as of": statement["as_of"] or "now",
        "known at": statement["known_at"] or "any time",
        **_told(statement["question"], statement["answer"]),
        "resolved by": ", ".join(statement["resolvers"]),
        "follows from": f"{len(opened.entries)} records",
        "in the log by": max(checkpoint.at for checkpoint in opened.checkpoints),
        "signed by": str(opened.key),
    }
    print_table("Proven", said.items())


def _told(question: str, answer: Any) -> dict[str, object]:
    """Return an answer in a few lines; `--json` has all of it."""
    if question == evidence.Question.PII:
        return {
            "policy": f"{answer['policy']}, SHA-256 {answer['policy_digest']}",
            "shows at most": answer["verdict"],
            "policy kept": "no" if answer["violated"] else "yes",
            "classified sources": answer["sources_count"],
        }
    return {
        "columns": answer["reach"]["columns_count"],
        "datasets": answer["reach"]["datasets_count"],
        "jobs": ", ".join(job["name"] for job in answer["jobs"]),
    }


def _show(report: Report, *, as_json: bool) -> None:
    faults = report.faults()
    if as_json:
        verdicts = [asdict(verdict) for verdict in report.verdicts]
        print_json({"ok": report.ok, "partitions": verdicts, "faults": faults})
        return
    rows = [
        (f"{v.topic}/{v.partition}", v.size, v.read, v.unsigned, len(v.findings) or "")
        for v in report.verdicts
    ]
    print_table(
        f"Ledger {report.chain.keys[-1].name if report.chain.keys else 'unknown'}, "
        f"{report.chain.length} heads",
        rows,
        ("partition", "signed", "read", "after the last head", "faults"),
    )
    for fault in faults[:_FAULTS_MAX]:
        typer.echo(f"FAULT  {fault}")
    typer.echo("not as it was signed" if faults else "all as it was signed")
