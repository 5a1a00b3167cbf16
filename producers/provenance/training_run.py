"""`train_run(…)`: a training run and its passport, as the OpenLineage events of one run."""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ...schemas import facets
from ..emitter import Emitter
from ..runs import Run
from . import artifacts, environment, git, hyperparameters, secrets, seeds
from . import bases as model_bases
from .text import json_text

COLLECT_TIMEOUT_S = 30.0
"""How long the end of a run waits for what is collected beside it."""

MLFLOW_TAG = "headwater.run_id"
"""The tag of an MLflow run that names the run here."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


def train_run(
    job: str,
    *,
    namespace: str | None = None,
    inputs: Iterable[Mapping[str, Any]] = (),
    hyperparameters: Any = None,
    seed: int | None = None,
    facets: Mapping[str, Any] | None = None,
    emitter: Emitter | None = None,
) -> TrainingRun:
    """Return a training run to enter with `with`.

    START is sent at once. Code, environment and libraries are collected beside the
    training and follow in a RUNNING event; COMPLETE says everything again, with the models
    that `TrainingRun.model` named.

    Args:
        job: The job's name.
        namespace: The job's namespace; the emitter's if None.
        inputs: Datasets, from `datasets.used` where columns and role are known.
        hyperparameters: Whatever `hyperparameters.flatten` reads.
        seed: The seed that the job set for all its generators.
        facets: Further facets of the run.
        emitter: Takes the events; the process's default emitter if None.
    """
    return TrainingRun(job, namespace, inputs, hyperparameters, seed, facets, emitter)


class TrainingRun(Run):
    """A run that trains models. Made by `train_run`."""

    def __init__(
        self,
        job: str,
        namespace: str | None,
        inputs: Iterable[Mapping[str, Any]],
        parameters: Any,
        seed: int | None,
        run_facets: Mapping[str, Any] | None,
        emitter: Emitter | None,
    ) -> None:
        super().__init__(job, namespace, inputs, (), run_facets, None, emitter)
        self.flat_hyperparameters: dict[str, Any] = {}
        self._seeds: dict[str, int | str] = {} if seed is None else {"seed": seed}
        self._metrics: dict[str, float] = {}
        self._models: list[dict[str, Any]] = []
        self._beside: list[threading.Thread] = []
        self._attached = ExitStack()
        with _guarded():
            self.hyperparameters(parameters)

    def hyperparameters(self, parameters: Any) -> None:
        """Add hyperparameters; later ones win."""
        self.flat_hyperparameters |= hyperparameters.flatten(parameters)
        self.facet("executionParameters", facets.execution_parameters(self.flat_hyperparameters))

    def metrics(self, **metrics: float) -> None:
        """State metrics of the model, such as `rmse=0.3`; later ones win."""
        self._metrics |= {name: float(value) for name, value in metrics.items()}

    def model(
        self,
        name: str,
        artifact: Any = None,
        *,
        namespace: str | None = None,
        uri: str | None = None,
        version: str | None = None,
        framework: str | None = None,
        bases: Iterable[Mapping[str, str]] | None = None,
        registry: Mapping[str, str] | None = None,
    ) -> None:
        """Name a model that this run made.

        Args:
            name: The model's name.
            artifact: The model, its state dict, or the path of a file or folder: what its
                digest is taken of. A path is read beside the training, so leave it as it is.
            namespace: The model's namespace; the job's if None.
            uri: Where the artifact lies; the path where one was given.
            version: The client's own version; the run's id if None.
            framework: Such as `torch 2.6.0`; found where torch is loaded.
            bases: Models that it was made from, as `schemas.facets.MODEL` says; if None, those
                that the artifact's own configuration names.
            registry: Its `name`, `version` and `alias` in a model registry.
        """
        path = artifact if isinstance(artifact, str | Path) else None
        named = {"namespace": namespace or self.job.namespace, "name": name}
        facet: dict[str, Any] = {
            "version": version or self.run_id,
            "framework": framework or _framework(),
            "artifactUri": uri or (Path(path).resolve().as_uri() if path else None),
            "bases": list(map(dict, bases)) if bases else None,
            "registry": dict(registry) if registry else None,
        }
        self._models.append({**named, "facet": facet})
        with _guarded():
            if bases is None:
                facet["bases"] = model_bases.found(artifact, run_id=self.run_id) or None
            model_bases.mark(artifact, **named, version=facet["version"], run_id=self.run_id)
        digest = functools.partial(self._digest, facet, artifact)
        if path is not None:
            self._start_beside(digest)
        elif artifact is not None:
            # Weights in memory change as soon as training goes on.
            with _guarded():
                digest()

    def profile(self, model: Any, **options: Any) -> Any:
        """Return `producers.torch.profile` for a model trained in this run."""
        from ..torch import profile

        return profile(model, run=self, **options)

    def attach(self, context: AbstractContextManager[T]) -> T:
        """Enter a context that ends with this run, with the exception that ends it if any."""
        return self._attached.enter_context(context)

    def __enter__(self) -> TrainingRun:
        with _guarded():
            self._state_randomness()
            self._tell_mlflow()
        super().__enter__()
        self._start_beside(self._collect)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._attached.__exit__(kind, error, trace)
        for thread in self._beside:
            thread.join(COLLECT_TIMEOUT_S)
        with _guarded():
            self.writes(*map(self._output, self._models))
        super().__exit__(kind, error, trace)

    def _digest(self, facet: dict[str, Any], artifact: Any) -> None:
        facet["artifactDigest"] = artifacts.digest(artifact)

    def _output(self, model: Mapping[str, Any]) -> dict[str, Any]:
        facet = facets.own(facets.MODEL, metrics=self._metrics or None, **model["facet"])
        return {
            "namespace": model["namespace"],
            "name": model["name"],
            "facets": {facets.MODEL: facet},
        }

    def _state_randomness(self) -> None:
        self.facet(
            facets.TRAINING,
            facets.own(
                facets.TRAINING,
                seeds=self._seeds | seeds.seeds(),
                determinism=seeds.determinism(),
                configHash=hyperparameters.config_hash(self.flat_hyperparameters),
                command=secrets.redact_arguments([sys.executable, *sys.orig_argv[1:]]),
                scheduler=environment.scheduler() or None,
            ),
        )

    def _tell_mlflow(self) -> None:
        """Let an MLflow run around this one carry its id."""
        mlflow = sys.modules.get("mlflow")
        if mlflow is not None and mlflow.active_run() is not None:
            mlflow.set_tag(MLFLOW_TAG, self.run_id)

    def _collect(self) -> None:
        """Collect what takes longer, and tell it as soon as it is known."""
        self.facet(facets.ENVIRONMENT, facets.own(facets.ENVIRONMENT, **environment.environment()))
        script = Path(sys.argv[0] or ".").resolve()
        # A script outside of any repository is a tool that runs code of the folder it is in.
        code = git.code(script.parent) or git.code(Path.cwd())
        if code is not None:
            self._state_code(code, script)
        self.emitter.emit(self.event("RUNNING"))

    def _state_code(self, code: git.Code, script: Path) -> None:
        inside = script.is_file() and script.is_relative_to(code.root)
        location = facets.source_code_location(
            code.repository,
            code.commit,
            path=json_text(script.relative_to(code.root).as_posix()) if inside else None,
            branch=code.branch,
        )
        self.facet("sourceCodeLocation", location, on="job")
        folder = Path.cwd()
        if folder.is_relative_to(code.root):
            stated = {"folder": json_text(folder.relative_to(code.root).as_posix())}
            self.facet(facets.TRAINING, {**self._facets["run"][facets.TRAINING], **stated})
        if code.dirty:
            diff = facets.own(
                facets.DIRTY_DIFF,
                sha256=code.diff_sha256,
                patch=code.patch,
                untracked=[{"name": name, "sha256": digest} for name, digest in code.untracked],
            )
            self.facet(facets.DIRTY_DIFF, diff, on="job")

    def _start_beside(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=_quietly, args=(work,), name="headwater-passport")
        thread.daemon = True
        thread.start()
        self._beside.append(thread)


def _framework() -> str | None:
    torch = sys.modules.get("torch")
    return f"torch {torch.__version__}" if torch is not None else None


def _quietly(work: Callable[[], None]) -> None:
    with _guarded():
        work()


@contextmanager
def _guarded() -> Any:
    """Keep a fault of ours from the job that is watched, and say it."""
    try:
        yield
    except Exception:
        _log.exception("part of the passport could not be collected; the job goes on")
