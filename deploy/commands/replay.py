"""`headwater replay`: what today's worker would make of the events that were recorded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ...processors.resolver_pool import ResolverPool
from ...schemas.errors import HeadwaterError
from ...sinks.archive.archive import Archive
from ...sinks.graph.connection import GraphConnection
from ...sinks.graph.identity import IDENTITIES
from ...sinks.graph.settings import from_environment as graph_settings
from ...sinks.graph.writer import GraphWriter
from ..comparison import Comparison, compare
from ..logs import KafkaSource
from ..replay import Progress as Report
from ..replay import Replayed, Source, Span, live_records, recorded, replay
from ..terminal import FAILED, Json, print_json, print_table
from .audit import KafkaOption, kafka_bootstrap

_SHOWN_MAX = 50
_BATCH_RECORDS = 500


def command(
    archive: Annotated[
        str | None, typer.Option("--archive", metavar="URL", help="Read events from this archive.")
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
    compared: Annotated[
        bool, typer.Option("--compare", help="Say where lineage.records says something else.")
    ] = False,
    graph: Annotated[
        str | None,
        typer.Option("--graph", metavar="URL", help="Write the records to this Gremlin server."),
    ] = None,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Replay the log of events, and print the digest of what it comes to.

    Nothing is written to any graph unless --graph names it.

    Exit codes: 0 done, 1 the comparison found differences.
    """
    source = Archive(archive) if archive else KafkaSource(kafka_bootstrap(kafka))
    span = Span(start, _utc(since), _utc(until))
    with _directory(directory) as made_in:
        with _progress(hidden=as_json) as progress:
            made = replay(
                source, made_in, ResolverPool, span=span, processes=processes, progress=progress
            )
        comparison = _compare(source, made_in, span) if compared else None
        if graph:
            _write(made_in, graph)
    _show(made, comparison, as_json=as_json)
    if comparison and not comparison.same:
        raise typer.Exit(FAILED)


def _compare(source: Source, directory: Path, span: Span) -> Comparison:
    with source.open() as log:
        return compare(lambda: live_records(log), lambda: recorded(directory), whole=span.whole)


def _write(directory: Path, url: str) -> None:
    connection = GraphConnection(url)
    writer = GraphWriter(
        connection,
        IDENTITIES[graph_settings().gremlin_identity](),
        stop=threading.Event(),
        on_wait=lambda error: typer.echo(f"waiting: {error}", err=True),
        on_written=lambda _vertices, _edges: None,
    )
    try:
        records = recorded(directory)
        refused = []
        while some := list(islice(records, _BATCH_RECORDS)):
            refused += writer.write(some)
    finally:
        connection.close()
    if refused:
        raise HeadwaterError(
            f"the graph refused {len(refused)} records, the first for {refused[0].reason}: "
            f"{refused[0].error}"
        )


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


def _show(made: Replayed, comparison: Comparison | None, *, as_json: bool) -> None:
    counts = {str(what): count for what, count in sorted(made.counts.items())}
    said: dict[str, Any] = {"digest": made.view().digest(), **counts}
    if as_json:
        if comparison:
            said["live_digest"] = comparison.live.digest()
            said["same"] = comparison.same
            said["differences"] = [asdict(each) for each in comparison.differences]
        print_json(said)
        return
    print_table("Replayed", said.items())
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
