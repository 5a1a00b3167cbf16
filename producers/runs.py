"""`run(...)`: a job's run, told as START and COMPLETE or FAIL."""

import functools
import inspect
import traceback
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast

from ..schemas import facets as facet_builders
from ..schemas.names import JobName
from .emitter import Emitter
from .redaction import redact

_CURRENT: ContextVar["Run | None"] = ContextVar("headwater_run", default=None)

P = ParamSpec("P")
R = TypeVar("R")


def run(
    job: str,
    *,
    namespace: str | None = None,
    inputs: Iterable[Mapping[str, Any]] = (),
    outputs: Iterable[Mapping[str, Any]] = (),
    facets: Mapping[str, Any] | None = None,
    job_facets: Mapping[str, Any] | None = None,
    emitter: Emitter | None = None,
) -> "Run":
    """Return a run to enter with `with` or `async with`, or to decorate a function with.

    A run entered within another names that as its parent. An exception that leaves it makes
    it fail, and goes on.

    Args:
        job: The job's name.
        namespace: The job's namespace; the emitter's if None.
        inputs: Datasets that it reads, from `dataset`; `Run.reads` adds further ones.
        outputs: Datasets that it writes; `Run.writes` adds further ones.
        facets: Facets of the run.
        job_facets: Facets of the job.
        emitter: Takes the events; the process's default emitter if None.
    """
    return Run(job, namespace, inputs, outputs, facets, job_facets, emitter)


class Run:
    """A run of a job. Made by `run`."""

    def __init__(
        self,
        job: str,
        namespace: str | None,
        inputs: Iterable[Mapping[str, Any]],
        outputs: Iterable[Mapping[str, Any]],
        facets: Mapping[str, Any] | None,
        job_facets: Mapping[str, Any] | None,
        emitter: Emitter | None,
    ) -> None:
        self.emitter = emitter or Emitter.default()
        self.job = JobName(namespace or self.emitter.config.namespace, job)
        self.run_id = str(uuid.uuid4())
        self.parent: Run | None = None
        self._inputs: dict[tuple[str, str], dict[str, Any]] = {}
        self._outputs: dict[tuple[str, str], dict[str, Any]] = {}
        self.reads(*inputs)
        self.writes(*outputs)
        self._facets = {"run": dict(facets or {}), "job": dict(job_facets or {})}
        self._token: Token[Run | None] | None = None

    def reads(self, *datasets: Mapping[str, Any]) -> None:
        """State datasets that this run reads; what was stated of the same ones gives way."""
        self._inputs.update({_name(dataset): dict(dataset) for dataset in datasets})

    def writes(self, *datasets: Mapping[str, Any]) -> None:
        """State datasets that this run writes; what was stated of the same ones gives way."""
        self._outputs.update({_name(dataset): dict(dataset) for dataset in datasets})

    def facet(
        self, key: str, facet: Mapping[str, Any], *, on: Literal["run", "job"] = "run"
    ) -> None:
        """Set a facet of the run or of its job, for the events to come."""
        self._facets[on][key] = dict(facet)

    def event(self, event_type: str) -> dict[str, Any]:
        """Return this run's OpenLineage event of a type, as of now."""
        return {
            "eventType": event_type,
            "eventTime": datetime.now(UTC).isoformat(),
            "producer": facet_builders.PRODUCER,
            "schemaURL": facet_builders.RUN_EVENT_SCHEMA,
            "run": {"runId": self.run_id, "facets": {**self._facets["run"]}},
            "job": {**self.job._asdict(), "facets": {**self._facets["job"]}},
            "inputs": [*self._inputs.values()],
            "outputs": [*self._outputs.values()],
        }

    def __enter__(self) -> "Run":
        self.parent = _CURRENT.get()
        if self.parent:
            self._facets["run"].setdefault("parent", self._parent_facet(self.parent))
        self._token = _CURRENT.set(self)
        self.emitter.emit(self.event("START"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token:
            _CURRENT.reset(self._token)
        if error is not None:
            self.facet("errorMessage", _error_facet(error))
        self.emitter.emit(self.event("FAIL" if error else "COMPLETE"))

    async def __aenter__(self) -> "Run":
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function, plain or async: each call is a run of its own."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self._another():
                    return await function(*args, **kwargs)

            return cast(Callable[P, R], run_async)

        @functools.wraps(function)
        def run_plain(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._another():
                return function(*args, **kwargs)

        return run_plain

    def _another(self) -> "Run":
        facets, job_facets = self._facets["run"], self._facets["job"]
        namespace, job = self.job
        inputs, outputs = self._inputs.values(), self._outputs.values()
        return Run(job, namespace, inputs, outputs, facets, job_facets, self.emitter)

    def _parent_facet(self, parent: "Run") -> dict[str, Any]:
        root = parent
        while root.parent:
            root = root.parent
        return {
            **facet_builders.parent(parent.run_id, *parent.job),
            "root": {"run": {"runId": root.run_id}, "job": root.job._asdict()},
        }


def _name(dataset: Mapping[str, Any]) -> tuple[str, str]:
    return dataset["namespace"], dataset["name"]


def _error_facet(error: BaseException) -> dict[str, Any]:
    """Say where it failed, without the values that messages and source lines may hold."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    name = type(error).__qualname__
    return facet_builders.error_message(f"{name}: {redact(str(error))}", "\n".join(places))
