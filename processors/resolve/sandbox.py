"""SQL is untrusted input: it is resolved in child processes, and nowhere else in a worker.

The parser may be compiled code, which has no limit of recursion: a text can end its process.
A child has a deadline and a memory limit besides. A statement that breaks any of them costs
its columns: it gets table-level lineage and the reason, and everything else goes on.
"""

import gc
import math
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .answer import Answer, Naming, SchemaLookup, no_schemas
from .functions import add_masking, masking_names
from .literals import shortened
from .outline import outline
from .parse import dialect_name

_LONG_CHARS = 16_000
_TEXT_MAX_CHARS = 1_000_000
_RECURSION_MAX = 12_000
# A child is a fork of a process that has imported all that it needs, which once takes a second.
_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Request:
    """A text to be resolved.

    Attributes:
        schemas: Knows the columns of datasets; asked in this process only.
        earlier: The texts of the same session before it that leave state behind.
    """

    sql: str
    dialect: str | None = None
    naming: Naming = field(default_factory=Naming)
    schemas: SchemaLookup = no_schemas
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What a child is held to.

    Attributes:
        timeout_s: How long one statement may take.
        memory_max_bytes: How much address space a child may have.
    """

    timeout_s: float = 5.0
    memory_max_bytes: int = 512 * 1024 * 1024


class Sandbox:
    """Child processes that resolve statements under limits.

    Children start with the first statement. Calls block; make them from a thread of your own.

    Args:
        processes: How many children.
        limits: What each is held to.
    """

    def __init__(self, processes: int = 1, limits: Limits = Limits()) -> None:
        self._children = [_Child(limits) for _ in range(processes)]
        self._threads = ThreadPoolExecutor(processes, "resolver")

    def resolve_many(self, requests: Sequence[Request]) -> list[Answer]:
        """Return the answers of requests, in their order. No text makes it raise."""
        answers: dict[int, Answer] = {}
        waiting = iter(enumerate(requests))

        def work(child: _Child) -> None:
            for place, request in waiting:
                answers[place] = _answer(child, request)

        for _ in self._threads.map(work, self._children):
            pass
        return [answers[place] for place in range(len(requests))]

    def close(self) -> None:
        """End the children."""
        self._threads.shutdown()
        for child in self._children:
            child.end()


class _Child:
    """A process that answers one request after the other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__package__])
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def ask(self, request: Request) -> Answer:
        """Return what the child answers.

        Raises:
            TimeoutError: It took longer than it may.
            OSError, EOFError: The child died of it.
        """
        try:
            pipe = self._started()
            ends_at = time.monotonic() + self._limits.timeout_s
            pipe.send((request.sql, request.dialect, request.naming, request.earlier))
            while pipe.poll(max(0.0, ends_at - time.monotonic())):
                said: Answer | DatasetName = pipe.recv()
                if isinstance(said, Answer):
                    return said
                pipe.send(request.schemas(said))
            raise TimeoutError
        except BaseException:
            self.end()  # whatever it was about is of no use to the next statement
            raise

    def end(self) -> None:
        """End the process; the next request starts another."""
        if self._process is not None and self._pipe is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def _started(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self.end()
            self._pipe, theirs = self._context.Pipe()
            self._process = self._context.Process(
                target=_serve, args=(theirs, self._limits, masking_names()), daemon=True
            )
            self._process.start()
            theirs.close()
            if not self._pipe.poll(_START_TIMEOUT_S):
                raise TimeoutError
            self._pipe.recv()
        return self._pipe


def _answer(child: _Child, request: Request) -> Answer:
    """Return the answer of a child, or the tables of the text with the reason for no more.

    A text of which a child died is asked once more, of a fresh one: the reason must not be
    what the texts before it left there.
    """
    request = _shortened(request)
    reason = "too_large"
    if len(request.sql) <= _TEXT_MAX_CHARS:
        for _ in range(2):
            try:
                return child.ask(request)
            except TimeoutError:
                reason = "timeout"
                break
            except (EOFError, OSError):
                reason = "crashed"
    return outline(request.sql, request.dialect, request.naming, reason)


def _shortened(request: Request) -> Request:
    dialect = dialect_name(request.dialect)
    sql, *earlier = (
        shortened(text, dialect) if len(text) > _LONG_CHARS else text
        for text in (request.sql, *request.earlier)
    )
    return replace(request, sql=sql, earlier=tuple(earlier))


def _serve(pipe: Connection, limits: Limits, masking: frozenset[str]) -> None:
    """Answer requests, in a child, for as long as there is someone to ask."""
    from . import resolve

    def schemas(dataset: DatasetName) -> tuple[FieldType, ...] | None:
        pipe.send(dataset)
        fields: tuple[FieldType, ...] | None = pipe.recv()
        return fields

    _limit(limits)
    add_masking(masking)
    gc.freeze()  # what is imported by now is never garbage, and need not be looked through
    try:
        pipe.send("ready")
        while True:
            sql, dialect, naming, earlier = pipe.recv()
            # Ends a child that nobody is left to end, in whatever code it is.
            signal.alarm(math.ceil(limits.timeout_s) + 1)
            pipe.send(
                resolve(sql, dialect=dialect, naming=naming, schemas=schemas, earlier=earlier)
            )
            signal.alarm(0)
            if len(sql) > _LONG_CHARS:
                gc.collect()
    except (EOFError, OSError):
        return
    except BaseException:  # an exception's text would show the statement
        os._exit(1)


def _limit(limits: Limits) -> None:
    """Bound this process."""
    memory = limits.memory_max_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.setrecursionlimit(_RECURSION_MAX)
