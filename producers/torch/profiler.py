"""`profile(model, …)`: what each step and layer of a training run took, for next to nothing."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ContextDecorator, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import torch
from torch import nn

from ...schemas.topics import PROFILES
from ..emitter import Emitter
from . import failure, memory, phases
from .budget import PHASES_NS, Budget
from .clock import clock_of
from .gradients import Arrivals, Norms, trainable
from .layers import BACKWARD_END, MODEL_KEY, Stamps, layers_of, on_gradient, tensors
from .loader import LoaderPatch, TimedIterator
from .window import Step, layer_table, pack

SCHEMA_VERSION = 1

PROFILE = "HEADWATER_PROFILE"
"""Whether profiles are taken. Default: `on`. Example: `off`, which sets no hook at all."""

WINDOW_STEPS_MAX = 100
WINDOW_NS_MAX = 2_000_000_000
"""A window is sent after this long, so that a killed process loses no more."""
WINDOW_FIGURES_MAX = 40_000
"""About 1 MB of JSON: a window of many sampled layers is sent before it grows beyond."""
PENDING_STEPS_MAX = 256
"""Steps a device may be behind before the oldest is given up and counted as dropped."""
CLOSE_TIMEOUT_S = 5.0

Emit = Callable[[Mapping[str, Any]], None]
Batch = TypeVar("Batch")

_log = logging.getLogger(__name__)


def profile(
    model: nn.Module,
    *,
    optimizer: torch.optim.Optimizer | None = None,
    loader: Iterable[Any] | None = None,
    run: Any = None,
    budget_percent: float = 1.0,
    every: int | None = None,
    emit: Emit | None = None,
) -> Profile:
    """Profile the training of a model, as a context manager or decorator.

    Args:
        model: What is trained. Its layers are named as `named_modules` does.
        optimizer: A step ends with its `step()`. Without one, wrap each step in
            `Profile.step()`.
        loader: The training data; waiting for it counts as `data`.
        run: The run this belongs to: its id, or what holds one as `run_id`.
        budget_percent: How much of the run's time may go into the profile.
        every: Sample layers on one of this many steps, whatever that costs.
        emit: Where events go; by default the run's emitter, else the process's own.

    With `HEADWATER_PROFILE=off` in the environment it does nothing.
    """
    return Profile(
        model,
        optimizer=optimizer,
        loader=loader,
        run_id=str(stated) if (stated := getattr(run, "run_id", run)) else None,
        budget=Budget(budget_percent, every),
        emit=emit or functools.partial(_emit, getattr(run, "emitter", None)),
    )


def enabled() -> bool:
    """Whether profiles are taken at all."""
    return os.environ.get(PROFILE, "on").lower() not in {"off", "0", "false"}


class Profile(ContextDecorator):
    """A profile being taken: see `profile`. It never raises into the job that it watches."""

    def __init__(
        self,
        model: nn.Module,
        *,
        optimizer: torch.optim.Optimizer | None,
        loader: Iterable[Any] | None,
        run_id: str | None,
        budget: Budget,
        emit: Emit,
    ) -> None:
        self._stated_run_id = run_id
        self.run_id = run_id or str(uuid.uuid4())
        self.faults: list[str] = []
        """What went wrong in the profile itself, which then stopped."""
        # Accelerate's optimizer holds the one whose `step` is called.
        self._optimizer = getattr(optimizer, "optimizer", optimizer)
        self._model, self._loader = model, loader
        self._budget = budget
        self._emit = emit
        self._open = False
        self._explicit = optimizer is None

    def _recreate_cm(self) -> Profile:
        """Return the profile of one call of a decorated function."""
        return Profile(
            self._model,
            optimizer=self._optimizer,
            loader=self._loader,
            run_id=self._stated_run_id,
            budget=Budget(self._budget.percent, self._budget.every),
            emit=self._emit,
        )

    # The job's side: enter, steps, exit.

    def __enter__(self) -> Self:
        if enabled():
            with self._guarded():
                self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open:
            with self._guarded():
                self._finish(error)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Take what runs inside for one step, where no optimizer's `step` says so."""
        self._explicit = True
        yield
        if self._open:
            with self._guarded():
                self._end_step()

    def batches(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """Iterate a loader that was not given to `profile`, timing the wait."""
        batches = iter(loader)
        return TimedIterator(batches, self._waited) if self._open else batches

    @property
    def watching(self) -> bool:
        """Whether the profile is being taken: not before or after, not when switched off."""
        return self._open

    @property
    def steps(self) -> int:
        """How many steps have ended."""
        return self._step.number if self._open else 0

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Keep a fault of ours from the job: say it once, and stop watching."""
        try:
            yield
        except Exception as fault:
            self._stop(fault)

    def _stop(self, fault: Exception) -> None:
        self.faults.append(f"{type(fault).__name__}: {fault}")
        _log.error("profile stopped; the training goes on without it", exc_info=fault)
        if self._open:
            self._detach()
            self._dropped["profile stopped"] = len(self._pending)
            with contextlib.suppress(Exception):
                self._flush(closing=self._closing(None, None) | {"status": "stopped"})

    # Beginning and end.

    def _start(self) -> None:
        self._pid = os.getpid()
        self._device = memory.device_of(self._model)
        self._clock = clock_of(self._model)
        self._rank, self._world_size = _rank()
        self._seq = 0
        self._dropped: dict[str, int] = {}
        self._timeline: list[Any] = []
        self._arrivals: Arrivals | None = None
        self._arrivals_decided = False
        self._undo: list[Callable[[], None]] = []
        self._pending: deque[Step] = deque()
        self._window: list[Step] = []
        self._figures = 0
        self._in_backward = False
        self._evaluating = False
        self._scan()
        self._step = Step(0)
        self._marks = self._step.marks
        self._armed = False
        self._open = True
        self._hook()
        self._sample_due = self._budget.interval(PHASES_NS[self._clock.name])
        self._began_ns = self._flushed_ns = time.perf_counter_ns()
        if self._sample_due == 1:
            self._arm()

    def _scan(self) -> None:
        self._layers = layers_of(self._model)
        self._trainable = trainable(self._layers)
        self._stamps = Stamps(self._layers, self._clock, self._timeline, self._stop)
        self._norms = Norms(self._layers)

    def _hook(self) -> None:
        hooks = _ModelHooks(self)
        self._undo.append(self._model.register_forward_pre_hook(hooks.begin).remove)
        self._undo.append(self._model.register_forward_hook(hooks.end).remove)
        if self._optimizer is not None:
            before = self._optimizer.register_step_pre_hook(self._optimizer_begins)
            after = self._optimizer.register_step_post_hook(self._optimizer_ended)
            self._undo += [before.remove, after.remove]
        if self._loader is not None:
            self._undo.append(LoaderPatch(self._loader, self._waited).undo)

    def _finish(self, error: BaseException | None) -> None:
        layer = failure.layer(error, self._layers) if error is not None else None
        self._detach()
        self._settle_all()
        self._flush(closing=self._closing(error, layer))

    def _closing(self, error: BaseException | None, layer: str | None) -> dict[str, Any]:
        closing: dict[str, Any] = {
            "status": "complete" if error is None else "failed",
            "events": self._seq + 1,
            "steps": self._step.number,
            "dropped": self._dropped,
        }
        if error is not None:
            closing["error"] = failure.describe(error, layer, self._phase(), self._step.number)
        return closing

    def _phase(self) -> str | None:
        return next((mark for mark in reversed(self._marks[::2]) if mark), None)

    def _detach(self) -> None:
        """Take every hook off again."""
        self._open = False
        self._disarm()
        if self._arrivals is not None:
            self._arrivals.remove()
        while self._undo:
            self._undo.pop()()

    # What the hooks report, in the order of a step.

    def _waited(self, wait_ns: int) -> None:
        if self._open:
            with self._guarded():
                self._step.data_ns += wait_ns
                self._marks.extend((phases.BATCH, self._clock.stamp()))

    def forward_begins(self) -> None:
        """Mark the start of a forward; for frameworks that never call the model itself."""
        if not self._open:
            return
        try:
            training = torch.is_grad_enabled()
            if self._armed and not training:
                self._stamps.disarm()
            self._evaluating = not training
            phase = phases.FORWARD if training else phases.EVALUATION
            self._marks.extend((phase, self._clock.stamp()))
        except Exception as fault:
            self._stop(fault)

    def forward_ended(self, output: Any) -> None:
        """Mark the end of a forward, with what the backward will start from."""
        if not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
            if not self._evaluating:
                for tensor in tensors(output):
                    on_gradient(tensor, self._backward_begins, MODEL_KEY)
            elif self._armed:
                self._stamps.arm()
        except Exception as fault:
            self._stop(fault)

    def _backward_begins(self, _gradient: torch.Tensor) -> None:
        if self._in_backward or not self._open:
            return
        try:
            self._in_backward = True
            self._marks.extend((phases.BACKWARD, self._clock.stamp()))
            _at_end_of_backward(self._backward_ended)
        except Exception as fault:
            self._stop(fault)

    def _backward_ended(self) -> None:
        self._in_backward = False
        if not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
            if self._armed:
                self._timeline.extend((BACKWARD_END, self._clock.stamp(), 0, 0))
        except Exception as fault:
            self._stop(fault)

    def _optimizer_begins(self, *_: Any) -> None:
        if not self._open:
            return
        try:
            # In a step that is given a closure the gradients are still those of the step before.
            if self._armed and phases.BACKWARD in self._marks:
                self._step.reading = self._norms.read()
            self._marks.extend((phases.OPTIMIZER, self._clock.stamp()))
        except Exception as fault:
            self._stop(fault)

    def _optimizer_ended(self, *_: Any) -> None:
        if not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
            if not self._explicit:
                self._end_step()
        except Exception as fault:
            self._stop(fault)

    # The end of a step.

    def _end_step(self) -> None:
        now = time.perf_counter_ns()
        step, sampled = self._step, self._armed
        step.wall_ns = now - self._began_ns
        self._budget.spend(step.wall_ns, sampled=sampled)
        if sampled:
            self._take_sample(step)
            self._sample_due = step.number + self._budget.interval(PHASES_NS[self._clock.name])
        if self._arrivals is not None:
            step.arrivals = self._arrivals.take()
        self._pending.append(step)
        self._step = Step(step.number + 1)
        self._marks = self._step.marks
        self._in_backward = False
        self._settle()
        self._flush_if_full(now)
        self._next(sampled)
        # It lies within the time of the step that begins here.
        self._step.own_ns = time.perf_counter_ns() - now
        self._began_ns = now

    def _take_sample(self, step: Step) -> None:
        if step.reading is None:
            step.reading = self._norms.read()
        if step.reading is not None:
            self._stamps.give_up_silent(set(step.reading.owners))
        step.timeline = self._timeline[:]
        self._timeline.clear()

    def _next(self, sampled: bool) -> None:
        """Decide whether the step that begins is sampled."""
        if not self._arrivals_decided and self._budget.settled:
            self._decide_arrivals()
        wanted = self._step.number >= self._sample_due
        if wanted and not sampled:
            self._arm()
        elif sampled and not wanted:
            self._disarm()

    def _decide_arrivals(self) -> None:
        self._arrivals_decided = True
        if self._budget.arrivals_fit(self._trainable, self._clock.name):
            self._arrivals = Arrivals(self._layers, self._clock, self._stop)

    def _arm(self) -> None:
        if trainable(self._layers) != self._trainable or "not initialised" in self._unseen():
            self._scan_again()
        self._stamps.arm()
        self._armed = True

    def _unseen(self) -> Iterable[str]:
        return self._stamps.unseen.values()

    def _scan_again(self) -> None:
        """List the layers anew; what was recorded goes out with the list it was made for."""
        if self._window:
            self._flush()
        self._scan()
        if self._arrivals is not None:
            self._arrivals.remove()
            self._arrivals = Arrivals(self._layers, self._clock, self._stop)

    def _disarm(self) -> None:
        self._stamps.disarm()
        self._armed = False

    # On their way out.

    def _settle(self) -> None:
        """Move the steps whose stamps can be read into the window."""
        while self._pending and self._pending[0].resolve(self._clock, len(self._layers)):
            step = self._pending.popleft()
            self._window.append(step)
            columns = 7 * (step.sample is not None) + (step.arrivals is not None)
            self._figures += columns * len(self._layers)
        if len(self._pending) > PENDING_STEPS_MAX:
            self._pending.popleft()
            self._dropped["device behind"] = self._dropped.get("device behind", 0) + 1

    def _settle_all(self) -> None:
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        self._settle()
        while self._pending and time.monotonic() < deadline:
            time.sleep(0.001)
            self._settle()
        if self._pending:
            self._dropped["device not done"] = len(self._pending)

    def _flush_if_full(self, now_ns: int) -> None:
        full = len(self._window) >= WINDOW_STEPS_MAX or self._figures >= WINDOW_FIGURES_MAX
        if full or (self._window and now_ns - self._flushed_ns >= WINDOW_NS_MAX):
            self._flush()
            self._flushed_ns = now_ns

    def _flush(self, closing: dict[str, Any] | None = None) -> None:
        if os.getpid() != self._pid:
            return
        event = self._event() | (pack(self._window) if self._window else {})
        if closing is not None:
            event["closing"] = closing
        self._seq += 1
        self._window, self._figures = [], 0
        self._emit(event)

    def _event(self) -> dict[str, Any]:
        used = memory.read(self._device)
        return {
            "schemaVersion": SCHEMA_VERSION,
            "runId": self.run_id,
            "rank": self._rank,
            "worldSize": self._world_size,
            "seq": self._seq,
            "eventTime": datetime.now(UTC).isoformat(),
            "clock": self._clock.name,
            "activationDefinition": "leaf outputs",
            "layers": layer_table(self._layers),
            "unseen": self._stamps.unseen,
            "memory": {"source": used.source, "bytes": used.current_bytes, "peak": used.peak_bytes},
        }


class _ModelHooks:
    """The hooks on the model itself. A copy or a pickle of the model takes none along."""

    def __init__(self, profile: Profile | None) -> None:
        self._profile = profile

    def __deepcopy__(self, _memo: dict[int, Any]) -> _ModelHooks:
        return _ModelHooks(None)

    def __reduce__(self) -> tuple[type[_ModelHooks], tuple[None]]:
        return _ModelHooks, (None,)

    def begin(self, _model: nn.Module, _args: Any) -> None:
        if not torch.compiler.is_compiling() and self._profile is not None:
            self._profile.forward_begins()

    def end(self, _model: nn.Module, _args: Any, output: Any) -> None:
        if not torch.compiler.is_compiling() and self._profile is not None:
            self._profile.forward_ended(output)


def _at_end_of_backward(callback: Callable[[], None]) -> None:
    """Have autograd call back once the backward that runs now is done."""
    torch.autograd.Variable._execution_engine.queue_callback(callback)


def _rank() -> tuple[int, int]:
    """Return this process's rank and how many there are."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def _emit(emitter: Emitter | None, event: Mapping[str, Any]) -> None:
    (emitter or Emitter.default()).emit(event, topic=PROFILES.name, key=event["runId"])
