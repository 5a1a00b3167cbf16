"""Archives, for commands that can do without: what reads Parquet is no part of a service."""

from typing import TYPE_CHECKING

from ..sinks.ledger.log import Source

if TYPE_CHECKING:
    from ..sinks.archive.archive import Archive
    from ..sinks.archive.joined import Joined


def archive_at(url: str) -> "Archive":
    """Return the archive at an address."""
    from ..sinks.archive.archive import Archive

    return Archive(url)


def joined(url: str, live: Source) -> "Joined":
    """Return the archive at an address and the log that goes on from it, as one."""
    from ..sinks.archive.joined import Joined

    return Joined(archive_at(url), live)
