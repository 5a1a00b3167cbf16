"""SQL is untrusted input: what may be heavy is resolved in child processes.

A child has a deadline and a memory limit. A statement that breaks either, or the child,
costs its columns: it gets table-level lineage and the reason, and everything else goes on.
"""

import gc
import multiprocessing
import re
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace

from pebble import ProcessExpired, ProcessPool

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .answer import Answer, Naming, SchemaLookup, no_schemas
from .functions import add_masking, masking_names
from .literals import shortened
from .outline import outline, tables
from .parse import dialect_name

_Schemas = dict[DatasetName, tuple[FieldType, ...]]

# Below these bounds the parser's time is linear in the text and its stack stays far from
# Python's limit; TPC-H and all but one of TPC-DS lie below them.
_HARMLESS_CHARS = 16_000
_HARMLESS_DEPTH = 12
_HARMLESS_COUNTS = {"words": 150, "[": 100, ",": 1_000, "*": 50}
_TEXT_MAX_CHARS = 1_000_000
_BATCH_CHARS = 200_000
_BATCH_SIZE = 50
_RECURSION_MAX = 12_000
_NESTING = re.compile(r"[()\[\]{},*]|\b(?:case|select|union|not)\b", re.IGNORECASE)


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
class _Job:
    """A request as it goes to a child: with the schemas as plain data."""

    sql: str
    dialect: str | None
    naming: Naming
    schemas: _Schemas
    earlier: tuple[str, ...]


class Sandbox:
    """Child processes that resolve statements under limits.

    Children start with the first statement that needs one. Calls block; make them from a
    thread of your own.

    Args:
        processes: How many children.
        timeout_s: How long one statement may take.
        memory_max_bytes: How much address space a child may have.
    """

    def __init__(
        self,
        processes: int = 1,
        *,
        timeout_s: float = 5.0,
        memory_max_bytes: int = 512 * 1024 * 1024,
    ) -> None:
        self._processes = processes
        self._timeout_s = timeout_s
        self._memory_max_bytes = memory_max_bytes
        self._pool: ProcessPool | None = None

    def resolve_many(self, requests: Sequence[Request]) -> list[Answer]:
        """Return the answers of requests, in their order. No request makes it raise."""
        from . import resolve

        answers: dict[int, Answer] = {}
        heavy: list[int] = []
        for place, request in enumerate(requests):
            if all(map(harmless, (request.sql, *request.earlier))):
                answers[place] = resolve(
                    request.sql,
                    dialect=request.dialect,
                    naming=request.naming,
                    schemas=request.schemas,
                    earlier=request.earlier,
                )
            else:
                heavy.append(place)
        answers |= self._in_children({place: requests[place] for place in heavy})
        return [answers[place] for place in range(len(requests))]

    def close(self) -> None:
        """End the children."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    def _in_children(self, requests: Mapping[int, Request]) -> dict[int, Answer]:
        answers: dict[int, Answer] = {}
        jobs: dict[int, _Job] = {}
        for place, request in requests.items():
            job = _job(request)
            if len(job.sql) > _TEXT_MAX_CHARS:
                answers[place] = _outlined(job, "too_large")
            else:
                jobs[place] = job
        answers |= self._run(jobs)
        # A child can ask only for the schemas it was sent: those that its outline missed
        # are sent in a second round.
        again = {
            place: fuller
            for place, job in jobs.items()
            if (fuller := _fuller(job, answers[place], requests[place].schemas)) is not None
        }
        return answers | self._run(again)

    def _run(self, jobs: Mapping[int, _Job]) -> dict[int, Answer]:
        """Run jobs in batches; the jobs of a batch that fails are run one by one."""
        answers: dict[int, Answer] = {}
        failed: list[int] = []
        batches = list(_batches(jobs))
        futures = [self._schedule([jobs[place] for place in batch]) for batch in batches]
        for batch, future in zip(batches, futures, strict=True):
            found, reason = _outcome(future)
            if reason is None:
                answers |= dict(zip(batch, found, strict=True))
            elif len(batch) == 1:
                answers[batch[0]] = _outlined(jobs[batch[0]], reason)
            else:
                failed.extend(batch)
        for place in failed:
            found, reason = _outcome(self._schedule([jobs[place]]))
            answers[place] = found[0] if reason is None else _outlined(jobs[place], reason)
        return answers

    def _schedule(self, jobs: list[_Job]) -> "object":
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([__package__])
            self._pool = ProcessPool(
                max_workers=self._processes,
                context=context,
                initializer=_limit,
                initargs=[self._memory_max_bytes, masking_names()],
            )
        return self._pool.schedule(_resolve_jobs, args=[jobs], timeout=self._timeout_s)


def harmless(sql: str) -> bool:
    """Whether a text is so short and flat that it can be resolved in this process."""
    if len(sql) > _HARMLESS_CHARS:
        return False
    depth = deepest = 0
    counts = dict.fromkeys(_HARMLESS_COUNTS, 0)
    for match in _NESTING.finditer(sql):
        mark = match[0]
        if mark in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in ")]}":
            depth -= 1
        key = mark if mark in counts else "words" if mark.isalpha() else None
        if key:
            counts[key] += 1
    few = all(counts[key] <= most for key, most in _HARMLESS_COUNTS.items())
    return few and deepest <= _HARMLESS_DEPTH


def _job(request: Request) -> _Job:
    """Return a request as plain data, with the schemas of the tables that it seems to name."""
    dialect = dialect_name(request.dialect)
    sql, *earlier = (shortened(text, dialect) for text in (request.sql, *request.earlier))
    named: set[DatasetName] = set()
    for text in (sql, *earlier):
        named.update(*tables(text, dialect, request.naming))
    known = _known(request.schemas, sorted(named))
    return _Job(sql, request.dialect, request.naming, known, tuple(earlier))


def _known(schemas: SchemaLookup, datasets: Sequence[DatasetName]) -> _Schemas:
    found = {dataset: schemas(dataset) for dataset in datasets}
    return {dataset: fields for dataset, fields in found.items() if fields is not None}


def _fuller(job: _Job, answer: Answer, schemas: SchemaLookup) -> _Job | None:
    missing = [dataset for dataset in answer.consulted if dataset not in job.schemas]
    more = _known(schemas, missing)
    return replace(job, schemas=job.schemas | more) if more else None


def _batches(jobs: Mapping[int, _Job]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for place, job in jobs.items():
        if batch and (size + len(job.sql) > _BATCH_CHARS or len(batch) >= _BATCH_SIZE):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += len(job.sql)
    if batch:
        yield batch


def _outcome(future: "object") -> tuple[list[Answer], str | None]:
    """Return what a child answered, or the reason why it did not."""
    try:
        return future.result(), None  # type: ignore[attr-defined]
    except (FutureTimeoutError, TimeoutError):
        return [], "timeout"
    except MemoryError:
        return [], "out_of_memory"
    except ProcessExpired:
        return [], "crashed"
    except Exception:  # whatever a child raises, its statement is what is lost
        return [], "internal_error"


def _outlined(job: _Job, reason: str) -> Answer:
    return outline(job.sql, job.dialect, job.naming, reason)


def _limit(memory_max_bytes: int, masking: frozenset[str]) -> None:
    """Bound a child, before it takes its first job."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_max_bytes, memory_max_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(_RECURSION_MAX)
    add_masking(masking)


def _resolve_jobs(jobs: list[_Job]) -> list[Answer]:
    """Resolve jobs, in a child."""
    from . import resolve

    try:
        return [
            resolve(
                job.sql,
                dialect=job.dialect,
                naming=job.naming,
                schemas=job.schemas.get,
                earlier=job.earlier,
            )
            for job in jobs
        ]
    finally:
        gc.collect()
