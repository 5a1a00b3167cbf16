"""Answers kept for texts that come again: the exact text, or one that differs in literals."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .answer import Answer, Naming, SchemaLookup
from .literals import fingerprint
from .parse import dialect_name

_Key = tuple[bytes, str, Naming, tuple[str, ...]]
_Schemas = tuple[tuple[DatasetName, tuple[FieldType, ...] | None], ...]


@dataclass
class CacheCounts:
    """How often a text was found, and by what."""

    exact: int = 0
    fingerprint: int = 0
    missed: int = 0


class Cache:
    """The last answers, each with the schemas that it rests on.

    An answer is given again only while every schema that it asked for is the same, so a
    change of a table's columns forgets exactly what read the table.

    Args:
        size_max: How many answers are kept; the one not used for longest goes first.
    """

    def __init__(self, size_max: int = 20_000) -> None:
        self.counts = CacheCounts()
        self._size_max = size_max
        self._answers: OrderedDict[_Key, tuple[Answer, _Schemas]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(
        self,
        sql: str,
        dialect: str | None,
        naming: Naming,
        schemas: SchemaLookup,
        earlier: tuple[str, ...] = (),
    ) -> Answer | None:
        """Return the answer for a text, if it is known on the schemas as they are now."""
        used = dialect_name(dialect)
        exact = _key(sql, used, naming, earlier)
        found = self._valid(exact, schemas)
        if found is not None:
            self.counts.exact += 1
            return found
        print_ = fingerprint(sql, used)
        if print_ is not None:
            found = self._valid(_key("\0" + print_, used, naming, earlier), schemas)
        if found is None:
            self.counts.missed += 1
            return None
        self.counts.fingerprint += 1
        self._keep(exact, found, schemas)
        return found

    def put(
        self,
        sql: str,
        dialect: str | None,
        naming: Naming,
        schemas: SchemaLookup,
        earlier: tuple[str, ...],
        answer: Answer,
    ) -> None:
        """Keep an answer under the text and, where literals cannot matter, its fingerprint."""
        used = dialect_name(dialect)
        self._keep(_key(sql, used, naming, earlier), answer, schemas)
        print_ = fingerprint(sql, used)
        if print_ is not None and not answer.unresolved:
            self._keep(_key("\0" + print_, used, naming, earlier), answer, schemas)

    def _valid(self, key: _Key, schemas: SchemaLookup) -> Answer | None:
        with self._lock:
            held = self._answers.get(key)
            if held is None:
                return None
            self._answers.move_to_end(key)
        answer, rests_on = held
        for dataset, fields in rests_on:
            now = schemas(dataset)
            if now is not fields and now != fields:
                return None
        return answer

    def _keep(self, key: _Key, answer: Answer, schemas: SchemaLookup) -> None:
        rests_on = tuple((dataset, schemas(dataset)) for dataset in answer.consulted)
        with self._lock:
            self._answers[key] = answer, rests_on
            self._answers.move_to_end(key)
            while len(self._answers) > self._size_max:
                self._answers.popitem(last=False)


def _key(text: str, dialect: str, naming: Naming, earlier: tuple[str, ...]) -> _Key:
    encoded = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, digest_size=16).digest(), dialect, naming, earlier
