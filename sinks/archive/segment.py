"""Segment: a run of a partition's messages as one Parquet file, with its proof.

The file's metadata hold the tree as it was before the first message (the roots of its
complete subtrees) and the ledger's heads from there to one that ends with the last. Adding
the messages to that tree must lead to the root that was signed; where any byte of either is
other than it was, it does not.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ...schemas.errors import HeadwaterError
from ..ledger.leaf import Entry, entry_hash
from ..ledger.merkle import Frontier

FORMAT = "headwater-segment/1"
_METADATA = b"headwater"
_BATCH_ROWS = 10_000
_SCHEMA = pa.schema(
    [
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp_ms", pa.int64(), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field(
            "headers",
            pa.list_(pa.struct([pa.field("name", pa.string()), pa.field("value", pa.binary())])),
        ),
        pa.field("leaf", pa.binary(32), nullable=False),
    ]
)
_NAME = re.compile(r"(\d{20})-(\d{20})\.parquet")


class SegmentError(HeadwaterError):
    """A file of an archive is no segment, or not the one that it says."""


class Place(NamedTuple):
    """What a segment holds: the offsets of a partition from `start` to before `end`."""

    topic: str
    partition: int
    start: int
    end: int

    @property
    def path(self) -> str:
        """Where it lies in an archive."""
        return f"{self.topic}/{self.partition}/{self.start:020d}-{self.end:020d}.parquet"


class Claim(NamedTuple):
    """What a segment says of itself: nothing of it is trusted before it is compared."""

    place: Place
    tree: Frontier
    notes: tuple[str, ...]


def place_of(path: str) -> Place | None:
    """Return what a path in an archive says that it holds; None if it is no segment's."""
    topic, partition, name = ["", "", *path.split("/")][-3:]
    match = _NAME.fullmatch(name)
    if match is None or not partition.isdecimal():
        return None
    return Place(topic, int(partition), int(match[1]), int(match[2]))


def write_segment(
    file: Any, place: Place, tree: Frontier, notes: Sequence[str], entries: Iterator[Entry]
) -> int:
    """Write a segment to an open file.

    Args:
        file: The file.
        place: What it holds.
        tree: The tree before its first message.
        notes: The heads from its first message to the one that ends with its last.
        entries: The messages.

    Returns:
        How many messages there were.
    """
    claim = {
        "format": FORMAT,
        "topic": place.topic,
        "partition": place.partition,
        "start": place.start,
        "end": place.end,
        "peaks": [base64.b64encode(peak).decode() for peak in tree.peaks],
        "heads": list(notes),
    }
    schema = _SCHEMA.with_metadata({_METADATA: json.dumps(claim).encode()})
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:
        while rows := [_row(entry) for _, entry in zip(range(_BATCH_ROWS), entries, strict=False)]:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def read_claim(file: Any) -> Claim:
    """Return what the metadata of a segment say.

    Raises:
        SegmentError: If it is none.
    """
    try:
        schema = pq.ParquetFile(file).schema_arrow
        said = json.loads(schema.metadata[_METADATA])
        place = Place(said["topic"], said["partition"], said["start"], said["end"])
        peaks = [base64.b64decode(peak) for peak in said["peaks"]]
        if said["format"] != FORMAT or not schema.equals(_SCHEMA):
            raise ValueError("another format")
        return Claim(place, Frontier(place.start, peaks), tuple(said["heads"]))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise SegmentError("this is no segment of an archive, or a damaged one") from error


def read_rows(file: Any) -> Iterator[tuple[Entry, bytes]]:
    """Yield the messages of a segment, each with the leaf hash that stands beside it.

    Raises:
        SegmentError: If it is none.
    """
    claim = read_claim(file)
    try:
        for batch in pq.ParquetFile(file, page_checksum_verification=True).iter_batches(
            _BATCH_ROWS
        ):
            for row in batch.to_pylist():
                yield _entry(claim.place, row), row["leaf"]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise SegmentError(
            f"the segment {claim.place.path} is damaged: {type(error).__name__}",
            remedy="Restore it from a copy; the heads in the others still cover it.",
        ) from error


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "offset": entry.offset,
        "timestamp_ms": entry.timestamp_ms,
        "key": entry.key,
        "value": entry.value,
        "headers": [{"name": name, "value": value} for name, value in entry.headers],
        "leaf": entry_hash(entry),
    }


def _entry(place: Place, row: dict[str, Any]) -> Entry:
    headers = tuple((header["name"], header["value"]) for header in row["headers"])
    return Entry(
        place.topic,
        place.partition,
        row["offset"],
        row["timestamp_ms"],
        row["key"],
        row["value"],
        headers,
    )
