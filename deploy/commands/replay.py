"""`headwater replay`: what today's worker would make of the events that were recorded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ...processors.resolver_pool import ResolverPool
from ...schemas.vault import vault_path
from ...sinks.answers import plain
from ...sinks.ledger.log import Source
from .. import elsewhere, rebuilt
from ..archives import archive_at, joined
from ..asking import bootstrap_of
from ..comparison import Comparison, compare
from ..endpoints import NotRunningError, find_endpoints
from ..home import find_home
from ..logs import KafkaSource
from ..replay import Progress as Report
from ..replay import Replayed, Span, live_records, recorded, replay
from ..terminal import FAILED, Json, print_json, print_table
from .audit import KafkaOption

_SHOWN_MAX = 50


class Into(StrEnum):
    """What a replay is for."""

    REPORT = "report"
    INDEX = "index"
    GRAPH = "graph"


def command(
    into: Annotated[
        Into, typer.Option(help="Only a report, or an index in memory, or a fresh graph.")
    ] = Into.REPORT,
    snapshot: Annotated[
        Path | None,
        typer.Option(help="With --into index: keep the index here, as the API loads it."),
    ] = None,
    gremlin: Annotated[
        str | None, typer.Option(metavar="URL", help="With --into graph: the graph to write to.")
    ] = None,
    existing: Annotated[
        bool,
        typer.Option(
            "--existing", help="Write to it though it is the stack's own, or holds something."
        ),
    ] = False,
    alone: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Read this archive, and no Kafka.")
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option("--archive", metavar="URL", help="Read this archive, then Kafka."),
    ] = None,
    start: Annotated[int, typer.Option(min=0, help="First offset, of each partition.")] = 0,
    since: Annotated[
        datetime | None, typer.Option(help="Only events that came in at or after this, in UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Only events that came in before this, in UTC.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="Keep the records here; the same one goes on with a replay."),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Partitions at once.")] = 1,
    resolver_python: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Have the Headwater of this Python resolve, an earlier one."
        ),
    ] = None,
    compared: Annotated[
        bool, typer.Option("--compare", help="Say where lineage.records says something else.")
    ] = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Replay the log of events, and print the digest of what it comes to.

    Exit codes: 0 done, 1 the comparison found differences, 2 wrong options, 3 no stack runs.
    """
    _check_options(into, snapshot, gremlin)
    if alone and archive:
        raise typer.BadParameter("give --from to read an archive alone, or --archive to go on")
    if into is Into.GRAPH and gremlin and not existing:
        rebuilt.refuse_used_graph(gremlin, own=_own_graph())
    # Where there is no home yet, the vault must not be the first thing in it.
    find_home().open()
    source = _source(alone, archive, kafka)
    span = Span(start, _utc(since), _utc(until))
    with _directory(directory) as made_in:
        if resolver_python is not None:
            made = elsewhere.replay(
                resolver_python, made_in, _words(alone, archive, kafka, span, processes)
            )
        else:
            with _progress(hidden=as_json) as progress:
                made = replay(
                    source,
                    made_in,
                    ResolverPool,
                    span=span,
                    processes=processes,
                    vault=vault_path(),
                    progress=progress,
                )
        comparison = _compare(source, made_in, span) if compared else None
        sizes = _build(into, made_in, snapshot, gremlin)
    _show(made, sizes, comparison, as_json=as_json)
    if comparison and not comparison.same:
        raise typer.Exit(FAILED)


def _check_options(into: Into, snapshot: Path | None, gremlin: str | None) -> None:
    if (snapshot is not None and into is not Into.INDEX) or (
        (gremlin is not None) is not (into is Into.GRAPH)
    ):
        raise typer.BadParameter(
            "--into index takes --snapshot FILE, --into graph needs --gremlin URL, and "
            "--into report takes neither"
        )


def _source(alone: str | None, archive: str | None, kafka: str | None) -> Source:
    if alone:
        return archive_at(alone)
    live = KafkaSource(bootstrap_of(kafka))
    return joined(archive, live) if archive else live


def _own_graph() -> str | None:
    """Return the graph of the stack that runs here, if one does."""
    try:
        return find_endpoints(find_home()).gremlin_url
    except NotRunningError:
        return None


def _words(
    alone: str | None, archive: str | None, kafka: str | None, span: Span, processes: int
) -> Sequence[str]:
    """Return the options that another version of this command needs to read the same events."""
    stated = {
        "--from": alone,
        "--archive": archive,
        "--kafka": None if alone else bootstrap_of(kafka),
        "--processes": processes,
        "--start": span.start or None,
        "--since": span.since and f"{span.since:%Y-%m-%dT%H:%M:%S}",
        "--until": span.until and f"{span.until:%Y-%m-%dT%H:%M:%S}",
    }
    return [word for name, value in stated.items() if value for word in (name, str(value))]


def _compare(source: Source, directory: Path, span: Span) -> Comparison:
    with source.open() as log:
        return compare(lambda: live_records(log), lambda: recorded(directory), whole=span.whole)


def _build(
    into: Into, directory: Path, snapshot: Path | None, gremlin: str | None
) -> dict[str, int]:
    """Build what the replay is for; return how much it holds."""
    if into is Into.INDEX:
        return rebuilt.into_index(recorded(directory), snapshot)
    if into is Into.GRAPH and gremlin:
        return rebuilt.into_graph(
            recorded(directory), gremlin, lambda why: typer.echo(f"waiting: {why}", err=True)
        )
    return {}


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None


@contextmanager
def _directory(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    with TemporaryDirectory(prefix="headwater-replay-") as made:
        yield Path(made)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Report]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=hidden) as shown:
        tasks = {what: shown.add_task(what, total=None) for what in ("schemas", "events")}
        yield lambda what, count: shown.advance(tasks[what], count)


def _show(
    made: Replayed, sizes: dict[str, int], comparison: Comparison | None, *, as_json: bool
) -> None:
    counts = {str(what): count for what, count in sorted(made.counts.items())}
    said: dict[str, Any] = {"digest": made.view().digest(), **counts}
    if sizes:
        said["built"] = sizes
    if as_json:
        if comparison:
            said["live_digest"] = comparison.live.digest()
            said["same"] = comparison.same
            said["differences"] = plain(comparison.differences)
        print_json(said)
        return
    print_table("Replayed", (row for row in said.items() if row[0] != "built"))
    if sizes:
        print_table("Built", sizes.items())
    if comparison:
        _show_comparison(comparison, Console())


def _show_comparison(comparison: Comparison, console: Console) -> None:
    if comparison.same:
        console.print(f"the live records say the same: {comparison.live.digest()}")
        return
    for each in comparison.differences[:_SHOWN_MAX]:
        console.print(f"[bold]{escape(f'{each.job.namespace}/{each.job.name}')}[/] at {each.at}")
        for line in each.reasons:
            console.print(f"  {escape(line)}")
        for sign, style, edges in (("-", "red", each.gone), ("+", "green", each.new)):
            for edge in edges:
                console.print(f"  [{style}]{sign} {escape(edge)}[/]")
    console.print(
        f"{len(comparison.differences)} events differ; of the other records, "
        f"{comparison.facts_gone} are only live and {comparison.facts_new} only replayed"
    )
