"""`headwater archive`: copy what is signed to files that prove themselves."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ...sinks.archive.archive import Archive, Trees
from ...sinks.ledger.chain import read_chain
from ...sinks.ledger.heads import read_heads
from ...sinks.ledger.kafka_log import KafkaLog
from ...sinks.ledger.ledger import heads_path, tree_path
from ...sinks.ledger.merkle import Frontier
from ...sinks.ledger.settings import ledger_directory
from ...sinks.ledger.tree_file import TreeFile
from ..asking import bootstrap_of
from ..terminal import Json, print_json, print_table
from .audit import KafkaOption, LedgerOption


def command(
    url: Annotated[
        str, typer.Argument(help="A path or URL that fsspec takes, such as s3://bucket/lineage.")
    ],
    kafka: KafkaOption = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Write all that signed heads cover and the archive lacks, as Parquet with its proof.

    Exit codes: 0 written, or there was nothing to write.
    """
    directory = ledger or ledger_directory()
    notes = read_heads(heads_path(directory))
    with closing(KafkaLog(bootstrap_of(kafka))) as log:
        made = Archive(url).add(read_chain(notes), notes, log.entries, _trees(directory))
    rows = [(f"{url.rstrip('/')}/{place.path}", count) for place, count in made]
    if as_json:
        print_json([{"segment": segment, "messages": count} for segment, count in rows])
    else:
        print_table("Archived", rows, ("segment", "messages"))


def _trees(directory: Path) -> Trees:
    def tree(topic: str, partition: int, size: int) -> Frontier:
        with closing(TreeFile(tree_path(directory, topic, partition), writable=False)) as opened:
            return opened.frontier(size)

    return tree
