"""What the ledger is told from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schemas import environment
from ...schemas.topics import EVENTS, RECORDS

LEDGER_DIR = "HEADWATER_LEDGER_DIR"
"""The directory of the ledger. Default: `ledger` in `$HEADWATER_HOME`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the ledger.

    Attributes:
        topics: What is committed to: what was recorded, and what it was made of.
        checkpoint_entries: A head is signed after so many messages at the latest,
        checkpoint_s: or after so long.
    """

    kafka_bootstrap: str
    directory: Path
    topics: tuple[str, ...] = (RECORDS.name, EVENTS.name)
    checkpoint_entries: int = 10_000
    checkpoint_s: float = 10.0


def ledger_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the ledger lies."""
    home = Path(environ.get(environment.HOME) or "~/.headwater").expanduser()
    named = environ.get(LEDGER_DIR)
    return Path(named).expanduser() if named else home / "ledger"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables."""
    return Settings(
        kafka_bootstrap=environ.get(environment.KAFKA_BOOTSTRAP) or "127.0.0.1:9092",
        directory=ledger_directory(environ),
    )
