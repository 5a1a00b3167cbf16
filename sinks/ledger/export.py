"""Export: a log and its heads in one file, which proves itself without any Kafka.

One JSON text a line, in canonical form:

    {"format": "headwater-export/1"}
    {"head": "…"}                                      every head, in order
    {"entry": {…}, "leaf": "…"}                        every message that a head covers
    {"seal": "…"}                                      a note over the SHA-256 of all before

A message is legible where it is text. Its leaf hash stands beside it, so that what was
altered can be told to the offset.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import IO, Any

import fsspec

from ...schemas.canonical import canonical
from ...schemas.errors import HeadwaterError
from .chain import Chain, ChainError, check_trusted
from .entry_json import from_json, to_json
from .leaf import Entry, entry_hash
from .note import NoteError, SigningKey, VerifierKey, open_note, sign
from .report import Report
from .verify import Fault, Finding, PartitionCheck

FORMAT = {"format": "headwater-export/1"}
_SEAL = "export"
_PROBLEMS_MAX = 100


def write_export(
    target: str, notes: Iterable[str], entries: Iterable[Entry], key: SigningKey
) -> int:
    """Write an export.

    Args:
        target: A path or URL, as fsspec takes it; `.gz` at its end compresses.
        notes: The ledger's heads.
        entries: The messages that they cover, in the order of each partition.
        key: The ledger's key, which seals it.

    Returns:
        How many messages were written.
    """
    count = 0
    hashed = hashlib.sha256()
    with fsspec.open(target, "wb", compression="infer") as file:
        _put(file, hashed, FORMAT)
        for note in notes:
            _put(file, hashed, {"head": note})
        for entry in entries:
            leaf = base64.b64encode(entry_hash(entry)).decode()
            _put(file, hashed, {"entry": to_json(entry), "leaf": leaf})
            count += 1
        seal = sign(_seal_text(key.name, hashed), key.renamed(f"{key.name}/{_SEAL}"))
        _put(file, hashed, {"seal": seal})
    return count


def verify_export(source: str, *, trusted: VerifierKey | None = None) -> Report:
    """Verify an export by itself.

    Args:
        source: A path or URL.
        trusted: A key that the reader knows the ledger by.

    Raises:
        ChainError: If its heads are no chain, or not by the key that is trusted.
        HeadwaterError: If it is no export at all.
    """
    with fsspec.open(source, "rb", compression="infer") as file:
        return _Reader(Report(Chain())).read(file, trusted)


class _Reader:
    """Takes an export line by line."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._hashed = hashlib.sha256()
        self._checks: dict[tuple[str, int], PartitionCheck] | None = None
        self._claims: dict[int, bytes] = {}
        self._sealed = False

    def read(self, file: IO[bytes], trusted: VerifierKey | None) -> Report:
        first = file.readline()
        if first != canonical(FORMAT) + b"\n":
            raise HeadwaterError(
                "this file does not begin as an export of a ledger",
                remedy="Give a file that `headwater audit export` wrote.",
            )
        self._hashed.update(first)
        for number, line in enumerate(file, start=2):
            self._take(number, line)
        check_trusted(self._report.chain.keys, trusted)
        if not self._sealed:
            self._problem("the export ends without its seal")
        for check in self._partitions().values():
            verdict = check.end()
            if verdict.unsigned:
                end = verdict.size + verdict.unsigned - 1
                place = verdict.topic, verdict.partition
                verdict.findings.append(Finding(*place, Fault.UNSIGNED, verdict.size, end))
            self._report.verdicts.append(verdict)
        return self._report

    def _take(self, number: int, line: bytes) -> None:
        if self._sealed:
            self._problem(f"line {number}: something stands behind the seal")
            return
        said = _parsed(line)
        match said:
            case {"head": str(note)} if self._checks is None:
                self._report.chain.add(note)
            case {"entry": entry, "leaf": str(leaf)}:
                self._take_entry(number, entry, leaf)
            case {"seal": str(seal)}:
                self._take_seal(seal)
            case _:
                self._problem(f"line {number} is not as `headwater audit export` writes it")
        self._hashed.update(line)

    def _take_entry(self, number: int, said: Any, leaf: str) -> None:
        try:
            entry = from_json(said)
            claim = base64.b64decode(leaf, validate=True)
        except ValueError as error:
            self._problem(f"line {number}: {error}")
            return
        check = self._partitions().get((entry.topic, entry.partition))
        if check is None:
            self._problem(f"line {number}: no head covers {entry.topic}/{entry.partition}")
            return
        self._claims[entry.offset] = claim
        check.take(entry)
        self._claims.clear()

    def _take_seal(self, seal: str) -> None:
        self._sealed = True
        chain = self._report.chain
        try:
            text = open_note(seal, chain.keys[-1].renamed(f"{chain.name}/{_SEAL}"))
        except NoteError as error:
            self._problem(f"the seal of the export is broken: {error.message}")
            return
        if text != _seal_text(chain.name, self._hashed):
            self._problem("the export is not as it was sealed")

    def _partitions(self) -> dict[tuple[str, int], PartitionCheck]:
        """Return the checks of all partitions, once the heads are read."""
        if self._checks is None:
            if not self._report.chain.keys:
                raise ChainError("the export holds no heads")
            self._checks = {
                (topic, partition): PartitionCheck(
                    topic, partition, checkpoints, stated=self._claims.get
                )
                for (topic, partition), checkpoints in self._report.chain.trees()
            }
        return self._checks

    def _problem(self, text: str) -> None:
        if len(self._report.problems) < _PROBLEMS_MAX:
            self._report.problems.append(text)


def _put(file: IO[bytes], hashed: Any, said: dict[str, Any]) -> None:
    line = canonical(said) + b"\n"
    file.write(line)
    hashed.update(line)


def _parsed(line: bytes) -> Any:
    """Return what a line says; None if it is not the one way to say it."""
    try:
        said = json.loads(line)
        return said if canonical(said) + b"\n" == line else None
    except (ValueError, RecursionError):
        return None


def _seal_text(name: str, hashed: Any) -> str:
    content = base64.b64encode(hashed.digest()).decode()
    return f"{name}/{_SEAL}\n{content}\n"
