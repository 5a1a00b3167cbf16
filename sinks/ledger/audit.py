"""Audit: the log in Kafka against the heads, wherever they are kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...schemas.errors import HeadwaterError
from .chain import Chain, read_chain
from .kafka_log import KafkaLog
from .ledger import tree_path
from .note import VerifierKey
from .report import Report
from .tree_file import TreeFile
from .verify import PartitionCheck, Stated, Verdict, nothing_stated


def agreed_heads(kept: Sequence[str], sent: Sequence[str]) -> list[str]:
    """Return the heads that a ledger keeps and that its topic holds, which must be the same.

    The topic may lack the newest. Where there is only one of the two, it stands alone.

    Raises:
        HeadwaterError: If they differ, or there are none.
    """
    if kept and list(sent) != list(kept[: len(sent)]):
        raise HeadwaterError(
            "the ledger's directory and the topic of heads hold different histories",
            remedy="One of them was altered or put back: compare both with a witness.",
        )
    if not kept and not sent:
        raise HeadwaterError(
            "nothing was signed yet",
            remedy="Run the ledger: `headwater up`, or python -m headwater.sinks.ledger.",
        )
    return list(kept or sent)


def verify_log(
    kafka: KafkaLog,
    notes: Sequence[str],
    *,
    directory: Path | None = None,
    trusted: VerifierKey | None = None,
) -> Report:
    """Verify every message in Kafka that a head covers.

    Args:
        kafka: Where the log is.
        notes: The ledger's heads.
        directory: The ledger's, where it is at hand: its leaf hashes tell which offset is
            at fault. They are not trusted.
        trusted: A key that the reader knows the ledger by.

    Raises:
        HeadwaterError: If the heads are no chain, or Kafka cannot be read.
    """
    chain = read_chain(notes, trusted=trusted)
    return Report(chain, [_verify(kafka, chain, place, directory) for place, _ in chain.trees()])


def _verify(
    kafka: KafkaLog, chain: Chain, place: tuple[str, int], directory: Path | None
) -> Verdict:
    topic, partition = place
    with _stated(directory, topic, partition) as stated:
        check = PartitionCheck(topic, partition, dict(chain.trees())[place], stated=stated)
        low, high = kafka.partitions(topic).get(partition, (0, 0))
        for entry in kafka.entries(topic, partition, low, high):
            check.take(entry)
        return check.end()


@contextmanager
def _stated(directory: Path | None, topic: str, partition: int) -> Iterator[Stated]:
    """Yield what the ledger's own copy of a tree says of its leaves, if there is one."""
    path = directory and tree_path(directory, topic, partition)
    if path is None or not path.exists():
        yield nothing_stated
        return
    tree = TreeFile(path, writable=False)
    try:
        yield lambda offset: tree.leaf(offset) if offset < tree.size else None
    finally:
        tree.close()
