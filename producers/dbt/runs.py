"""What an invocation of dbt did, as OpenLineage events: a run for it, and one for each node.

Every event is a function of the artifacts and of the code that they were made from, so that
importing them again adds nothing. A node's
SQL is as dbt compiled it: an ephemeral model is within it, and so is what an incremental model
filters by. What the database itself says of its columns, `catalog.json` holds, as of the time
at which it was asked; that may be another than that of the run.
"""

import csv
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...schemas import facets
from ...schemas.errors import HeadwaterError
from ..datasets import dataset
from ..provenance import git
from ..redaction import redact
from .artifacts import TABLES, Artifacts, Node, as_object, objects, table_name

RUNNING = frozenset({"build", "retry", "run", "seed", "snapshot", "test"})
"""Commands that do something; others compile, and say `success` of what was not run."""

_STATES = {
    "success": "COMPLETE", "pass": "COMPLETE", "warn": "COMPLETE",
    "error": "FAIL", "fail": "FAIL", "runtime error": "FAIL", "partial success": "FAIL",
}  # fmt: skip
_ROWS = frozenset({"model", "seed", "snapshot"})
_ASSERTIONS = f"{facets.SPEC}/facets/1-0-1/DataQualityAssertionsDatasetFacet.json"
_JOB_TYPE = f"{facets.SPEC}/facets/2-0-3/JobTypeJobFacet.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are said to be.

    Attributes:
        database: OpenLineage namespace of the project's tables.
        jobs: Namespace of its jobs.
        code: The work tree that the project lies in, if what was run stands there.
        parent: The run that called dbt, as `namespace/job/run id`.
    """

    database: str
    jobs: str = "dbt"
    code: git.Code | None = None
    parent: str | None = None


@dataclass(slots=True)
class Told:
    """How much was told.

    Attributes:
        nodes: By kind and status, those not run among them.
        schemas: Tables whose columns the catalog says.
    """

    nodes: dict[tuple[str, str], int] = field(default_factory=dict)
    schemas: int = 0
    exposures: int = 0


def events(found: Artifacts, place: Place, told: Told) -> Iterator[dict[str, Any]]:
    """Yield the events that artifacts stand for, and count in `told` what they are.

    Raises:
        HeadwaterError: If nothing was run, and no catalog says which columns there are.
    """
    yield from _schemas(found, place, told)
    if command(found) in RUNNING:
        yield from _Invocation(found, place).events(told)
        yield from _exposures(found, place, told)
    elif not told.schemas:
        raise HeadwaterError(
            f"nothing was run: these artifacts are those of `dbt {command(found) or 'parse'}`",
            remedy="Import them right after `dbt build` or `dbt run`, which later commands undo.",
        )


def command(found: Artifacts) -> str:
    """Return which of dbt's commands wrote the artifacts; nothing if none was run."""
    return str(arguments(found).get("which") or "")


def started_at(found: Artifacts) -> datetime | None:
    """Return when dbt began, as far as that is known."""
    metadata = as_object((found.run_results or {}).get("metadata"))
    stated = metadata.get("invocation_started_at") or metadata.get("generated_at")
    return datetime.fromisoformat(_time(stated)) if isinstance(stated, str) else None


def arguments(found: Artifacts) -> Mapping[str, Any]:
    """Return the arguments of the invocation."""
    return as_object((found.run_results or {}).get("args"))


def _schemas(found: Artifacts, place: Place, told: Told) -> Iterator[dict[str, Any]]:
    """Yield what the catalog says of each table's columns, as of the time it was written."""
    catalog = found.catalog or {}
    at = as_object(catalog.get("metadata")).get("generated_at")
    for part in ("nodes", "sources"):
        for unique_id, entry in as_object(catalog.get(part)).items():
            name = table_name(found.node(unique_id))
            listed = sorted(objects(entry.get("columns")), key=lambda c: c.get("index") or 0)
            if name and listed and isinstance(at, str):
                told.schemas += 1
                columns = [(str(c.get("name")), str(c.get("type") or "")) for c in listed]
                yield {
                    "eventTime": _time(at),
                    "producer": facets.PRODUCER,
                    "schemaURL": facets.DATASET_EVENT_SCHEMA,
                    "dataset": dataset(place.database, name, schema=columns),
                }


def _exposures(found: Artifacts, place: Place, told: Told) -> Iterator[dict[str, Any]]:
    """Yield what dashboards and the like rest on, each a dataset of its own beside the jobs."""
    at = as_object(found.manifest.get("metadata")).get("generated_at")
    for exposure in objects(found.manifest.get("exposures")):
        names = tables_read(found, exposure)
        unique_id = exposure.get("unique_id")
        if isinstance(unique_id, str) and names and isinstance(at, str):
            told.exposures += 1
            yield {
                "eventTime": _time(at),
                "producer": facets.PRODUCER,
                "schemaURL": facets.JOB_EVENT_SCHEMA,
                "job": {
                    "namespace": place.jobs,
                    "name": unique_id,
                    "facets": {"jobType": _job_type("EXPOSURE")},
                },
                "inputs": [dataset(place.database, name) for name in names],
                "outputs": [dataset(place.jobs, unique_id)],
            }


class _Invocation:
    """One call of dbt, and what it did of each node."""

    def __init__(self, found: Artifacts, place: Place) -> None:
        self._found = found
        self._place = place
        results = found.run_results or {}
        self._metadata = as_object(results.get("metadata"))
        self._results = [r for r in results.get("results") or () if isinstance(r, Mapping)]
        project = as_object(found.manifest.get("metadata")).get("project_name")
        self._id = str(self._metadata.get("invocation_id") or "")
        if not self._id:
            raise HeadwaterError("run_results.json has no `invocation_id`")
        self._job = f"{project or 'dbt'}.{command(found)}"
        self._end = _time(str(self._metadata.get("generated_at")))

    def events(self, told: Told) -> Iterator[dict[str, Any]]:
        yield self._own("START", self._start())
        failed = False
        for result in self._results:
            node = self._found.node(str(result.get("unique_id")))
            if not node:
                continue  # An exposure, of which dbt says only that it does nothing.
            state = _STATES.get(str(result.get("status")))
            kind = str(node.get("resource_type") or "node")
            counted = kind, str(result.get("status"))
            told.nodes[counted] = told.nodes.get(counted, 0) + 1
            failed |= state == "FAIL"
            if state is not None and kind in {*_ROWS, "test"}:
                yield from self._run(node, result, state)
        yield self._own("FAIL" if failed else "COMPLETE", self._end)

    def _start(self) -> str:
        stated = self._metadata.get("invocation_started_at")
        first = [str(t["started_at"]) for r in self._results for t in _timings(r)]
        if isinstance(stated, str):
            return _time(stated)
        return min(map(_time, first), default=self._end)

    def _own(self, state: str, at: str) -> dict[str, Any]:
        """The event of the invocation as a whole."""
        args = arguments(self._found)
        kept = ("which", "select", "exclude", "full_refresh", "target", "threads")
        parameters = {key: args[key] for key in kept if args.get(key)}
        run_facets = {"executionParameters": facets.execution_parameters(parameters)}
        parent = (self._place.parent or "").rsplit("/", 2)
        if len(parent) == 3:
            run_facets["parent"] = facets.parent(parent[2], parent[0], parent[1])
        job_facets = {"jobType": _job_type("JOB")}
        return self._event(state, at, self._id, self._job, run_facets, job_facets)

    def _run(self, node: Node, result: Node, state: str) -> Iterator[dict[str, Any]]:
        timings = _timings(result)
        start = _time(str(timings[0]["started_at"])) if timings else self._end
        end = _time(str(timings[-1]["completed_at"])) if timings else self._end
        unique_id = str(result["unique_id"])
        run_facets: dict[str, Any] = {
            "parent": facets.parent(self._id, self._place.jobs, self._job)
        }
        inputs, outputs = self._datasets(node, result)
        run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"dbt/{self._id}/{unique_id}"))
        job_facets = self._job_facets(node, result)
        told = run_id, unique_id, run_facets, job_facets
        yield self._event("START", start, *told, inputs=inputs, outputs=outputs)
        message = result.get("message")
        if state == "FAIL" and isinstance(message, str):
            run_facets = run_facets | {"errorMessage": facets.error_message(redact(message))}
        told = run_id, unique_id, run_facets, job_facets
        yield self._event(state, end, *told, inputs=inputs, outputs=outputs)

    def _job_facets(self, node: Node, result: Node) -> dict[str, Any]:
        kind = str(node["resource_type"])
        found = {"jobType": _job_type(kind.upper())}
        sql = result.get("compiled_code") or node.get("compiled_code") or node.get("compiled_sql")
        if kind in _ROWS and isinstance(sql, str) and node.get("language", "sql") == "sql":
            found["sql"] = facets.sql(sql, dialect=self._found.adapter or None)
            found[facets.SQL_CONTEXT] = facets.own(
                facets.SQL_CONTEXT,
                namespace=self._place.database,
                catalog=node.get("database"),
                schema=node.get("schema"),
            )
        code = self._place.code
        if code is not None:
            found["sourceCodeLocation"] = facets.source_code_location(
                code.repository, code.commit, path=self._path(code, node), branch=code.branch
            )
            if code.dirty:
                found[facets.DIRTY_DIFF] = facets.own(facets.DIRTY_DIFF, sha256=code.diff_sha256)
        return found

    def _path(self, code: git.Code, node: Node) -> str | None:
        """Return where in the repository a node stands; None where it is of a package."""
        folder = Path(str(arguments(self._found).get("project_dir") or "."))
        path = folder.resolve() / str(node.get("original_file_path"))
        inside = path.is_file() and path.is_relative_to(code.root)
        return path.relative_to(code.root).as_posix() if inside else None

    def _datasets(self, node: Node, result: Node) -> tuple[list[Any], list[Any]]:
        inputs = [dataset(self._place.database, name) for name in tables_read(self._found, node)]
        if node["resource_type"] == "test":
            for tested in inputs[:1]:
                tested["inputFacets"] = {"dataQualityAssertions": _assertion(node, result)}
            return inputs, []
        name = table_name(node)
        columns = self._header(node)
        return inputs, [dataset(self._place.database, name, schema=columns)] if name else []

    def _header(self, node: Node) -> list[tuple[str, str]] | None:
        """Return the columns of a seed: the first row of its file."""
        if node["resource_type"] != "seed":
            return None
        root = node.get("root_path") or arguments(self._found).get("project_dir") or "."
        delimiter = str(as_object(node.get("config")).get("delimiter") or ",")
        try:
            with (Path(str(root)) / str(node.get("original_file_path"))).open(
                encoding="utf-8-sig", newline=""
            ) as file:
                names = next(csv.reader(file, delimiter=delimiter), [])
        except (OSError, UnicodeDecodeError, csv.Error, TypeError):
            return None
        return [(name, "") for name in names] or None

    def _event(
        self,
        state: str,
        at: str,
        run_id: str,
        job: str,
        run_facets: dict[str, Any],
        job_facets: dict[str, Any],
        *,
        inputs: list[Any] | None = None,
        outputs: list[Any] | None = None,
    ) -> dict[str, Any]:
        return {
            "eventType": state,
            "eventTime": at,
            "producer": facets.PRODUCER,
            "schemaURL": facets.RUN_EVENT_SCHEMA,
            "run": {"runId": run_id, "facets": run_facets},
            "job": {"namespace": self._place.jobs, "name": job, "facets": job_facets},
            "inputs": inputs or [],
            "outputs": outputs or [],
        }


def tables_read(found: Artifacts, node: Node) -> list[str]:
    """Return the tables that a node reads, those of ephemeral models in their place."""
    names: dict[str, None] = {}
    seen: set[str] = set()
    attached = node.get("attached_node")
    waiting = [*([attached] if isinstance(attached, str) else []), *_depends_on(node)]
    while waiting:
        unique_id = waiting.pop(0)
        if unique_id in seen:
            continue
        seen.add(unique_id)
        above = found.node(unique_id)
        if as_object(above.get("config")).get("materialized") == "ephemeral":
            waiting.extend(_depends_on(above))
        elif (name := table_name(above)) and above.get("resource_type") in TABLES:
            names[name] = None
    return list(names)


def parent_of_environment() -> str | None:
    """Return the run that called dbt, where its scheduler says so."""
    return os.environ.get("OPENLINEAGE_PARENT_ID")


def _assertion(node: Node, result: Node) -> dict[str, Any]:
    """Return what a test found, as OpenLineage's facet for it."""
    kind = as_object(node.get("test_metadata")).get("name")
    column = node.get("column_name")
    said = {"assertion": str(kind or node.get("name")), "success": _passed(result)}
    if isinstance(column, str):
        said["column"] = column
    return facets.facet(_ASSERTIONS, assertions=[said])


def _passed(result: Node) -> bool:
    return result.get("status") == "pass"


def _depends_on(node: Node) -> list[str]:
    listed = as_object(node.get("depends_on")).get("nodes")
    return list(map(str, listed)) if isinstance(listed, list) else []


def _timings(result: Node) -> list[Mapping[str, Any]]:
    """Return when a node was executed; when it was compiled, if it came no further."""
    told = [t for t in result.get("timing") or () if isinstance(t, Mapping) and t.get("started_at")]
    whole = [t for t in told if t.get("completed_at")]
    return [t for t in whole if t.get("name") == "execute"] or whole


def _job_type(kind: str) -> dict[str, Any]:
    return facets.facet(_JOB_TYPE, processingType="BATCH", integration="DBT", jobType=kind)


def _time(text: str) -> str:
    """Return a time as of UTC; dbt leaves the zone out at times, and means that."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise HeadwaterError(f"an artifact of dbt has {text!r} for a time") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
