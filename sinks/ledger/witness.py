"""Witness: what a ledger had signed, kept where whoever runs the ledger cannot rewrite it.

Without one, an operator can sign another history with the same key. A witness is a file on
anything that fsspec reaches, or the topic of heads of another cluster (`kafka://host:port`).
"""

import json
from collections.abc import Sequence

import fsspec

from ...schemas.canonical import canonical
from ...schemas.errors import HeadwaterError
from .chain import ChainError
from .checkpoint import note_hash
from .consumer import HeadsTopic

_KAFKA = "kafka://"


def witness(target: str, notes: Sequence[str]) -> None:
    """Bring a witness up to date, after making sure that the ledger went on from it.

    Raises:
        ChainError: If the ledger's heads do not continue those that were witnessed.
    """
    check_witness(target, notes)
    if target.startswith(_KAFKA):
        HeadsTopic(target.removeprefix(_KAFKA)).catch_up(notes)
        return
    system, path = fsspec.core.url_to_fs(target)
    # What was witnessed before stays until all of the new is written.
    with system.transaction, system.open(path, "wb") as file:
        file.write(canonical({"heads": len(notes), "last": notes[-1]}) + b"\n")


def check_witness(target: str, notes: Sequence[str]) -> None:
    """Compare a ledger's heads with a witness; a witness that saw nothing yet agrees.

    The last head that was witnessed is enough: each names the one before it.

    Raises:
        ChainError: If the heads do not continue those that were witnessed.
    """
    count, last = _read(target)
    if len(notes) < count:
        raise ChainError(f"the ledger has {len(notes)} heads; {target} has witnessed {count}")
    if count and note_hash(notes[count - 1]) != note_hash(last):
        raise ChainError(f"head {count - 1} of the ledger is not the one that {target} witnessed")


def _read(target: str) -> tuple[int, str]:
    if target.startswith(_KAFKA):
        heads = HeadsTopic(target.removeprefix(_KAFKA)).read()
        return len(heads), heads[-1] if heads else ""
    try:
        with fsspec.open(target, "rb") as file:
            said = json.loads(file.read())
        return int(said["heads"]), str(said["last"])
    except FileNotFoundError:
        return 0, ""
    except (ValueError, KeyError, TypeError) as error:
        raise HeadwaterError(
            f"{target} is no witness of a ledger",
            remedy="Name a file that `headwater audit witness` wrote, or one that does not exist.",
        ) from error
