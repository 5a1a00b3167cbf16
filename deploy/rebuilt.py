"""What is built anew from replayed records: an index in memory, or a fresh graph."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from ..schemas.errors import HeadwaterError
from ..schemas.records import Envelope
from ..sinks.graph.connection import GraphConnection
from ..sinks.graph.identity import IDENTITIES
from ..sinks.graph.settings import from_environment
from ..sinks.graph.writer import GraphWriter
from ..sinks.index import LineageIndex

_BATCH_RECORDS = 500


def into_index(records: Iterable[Envelope], snapshot: Path | None) -> dict[str, int]:
    """Build an index and keep it in a file, if one is named; return how much it holds."""
    index = LineageIndex.from_records(records)
    if snapshot is not None:
        index.save(snapshot)
    return index.sizes


def into_graph(
    records: Iterable[Envelope], url: str, on_wait: Callable[[str], None]
) -> dict[str, int]:
    """Write records to a graph; return how many elements were written, there before or not.

    Raises:
        HeadwaterError: If the graph refuses any.
    """
    written: Counter[str] = Counter(vertices=0, edges=0)
    connection = GraphConnection(url)
    writer = GraphWriter(
        connection,
        IDENTITIES[from_environment().gremlin_identity](),
        stop=threading.Event(),
        on_wait=lambda error: on_wait(str(error)),
        on_written=lambda vertices, edges: written.update(vertices=vertices, edges=edges),
    )
    coming = iter(records)
    refused = []
    try:
        while some := list(islice(coming, _BATCH_RECORDS)):
            refused += writer.write(some)
    finally:
        connection.close()
    if refused:
        raise HeadwaterError(
            f"the graph refused {len(refused)} records, the first for {refused[0].reason}: "
            f"{refused[0].error}"
        )
    return dict(written)


def refuse_used_graph(url: str, *, own: str | None) -> None:
    """Refuse a graph that a replay must not be mixed into.

    Args:
        url: The graph.
        own: The graph of the stack that runs here, if one does.

    Raises:
        HeadwaterError: If it is that, or not empty.
    """
    remedy = "Name an empty graph, or give --existing, which only ever adds what is missing."
    if own is not None and urlsplit(url).netloc == urlsplit(own).netloc:
        raise HeadwaterError(f"{url} is the graph of the running stack", remedy=remedy)
    connection = GraphConnection(url)
    try:
        found = connection.ask(lambda g: g.V().limit(1).count())[0]
    finally:
        connection.close()
    if found:
        raise HeadwaterError(f"the graph at {url} is not empty", remedy=remedy)
