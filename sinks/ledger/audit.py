"""Audit: the log in Kafka against the heads, wherever they are kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from ...schemas.errors import HeadwaterError
from .chain import Chain
from .checkpoint import Checkpoint
from .kafka_log import KafkaLog
from .leaf import Entry
from .ledger import tree_path
from .report import Report
from .tree_file import TreeFile
from .verify import PartitionCheck, Stated, Verdict, nothing_stated

Observe = Callable[[Entry], None]


def ignore(_entry: Entry) -> None:
    """Do nothing with a message."""


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
    chain: Chain,
    *,
    directory: Path | None = None,
    archived: Mapping[tuple[str, int], int] = MappingProxyType({}),
    observe: Observe = ignore,
) -> Report:
    """Verify every message in Kafka that a head covers.

    Args:
        kafka: Where the log is.
        chain: The ledger's heads.
        directory: The ledger's, where it is at hand: its leaf hashes tell which offset is
            at fault. They are not trusted.
        archived: Up to which offset each partition was verified in an archive, and so need
            not be in Kafka any more.
        observe: Called with each message.

    Raises:
        HeadwaterError: If Kafka cannot be read.
    """
    report = Report(chain)
    for place, checkpoints in chain.trees():
        with _tree(directory, *place) as tree:
            verdict = _verify(kafka, place, checkpoints, tree, archived.get(place, 0), observe)
        report.verdicts.append(verdict)
    return report


def _verify(
    kafka: KafkaLog,
    place: tuple[str, int],
    checkpoints: Sequence[Checkpoint],
    tree: TreeFile | None,
    archived: int,
    observe: Observe,
) -> Verdict:
    topic, partition = place
    low, high = kafka.partitions(topic).get(partition, (0, 0))
    check = PartitionCheck(
        topic,
        partition,
        checkpoints,
        stated=_stated(tree),
        # A frontier out of the ledger's own file is no matter of trust: with another one
        # the next head could not be met.
        start=tree.frontier(low) if tree and low <= min(archived, tree.size) else None,
    )
    for entry in kafka.entries(topic, partition, low, high):
        check.take(entry)
        observe(entry)
    return check.end(high)


def _stated(tree: TreeFile | None) -> Stated:
    """Return what the ledger's own copy of a tree says of its leaves, if there is one."""
    if tree is None:
        return nothing_stated
    return lambda offset: tree.leaf(offset) if offset < tree.size else None


@contextmanager
def _tree(directory: Path | None, topic: str, partition: int) -> Iterator[TreeFile | None]:
    path = directory and tree_path(directory, topic, partition)
    if path is None or not path.exists():
        yield None
        return
    tree = TreeFile(path, writable=False)
    try:
        yield tree
    finally:
        tree.close()
