"""`profile(model, …)`: what each step and layer of a training run took, for next to nothing."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ContextDecorator, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import repeat, starmap
from types import TracebackType
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn

from ...schemas.topics import PROFILES
from ..emitter import Emitter
from . import failure, memory, phases, scaling
from .budget import ARRIVAL_NS, PHASES_NS, Budget
from .clock import clock_of, marker
from .gradients import Arrivals, Norms, Reading, trainable
from .layers import BACKWARD_END, MODEL_KEY, Stamps, Timeline, layers_of, on_gradient, tensors
from .loader import LoaderPatch, TimedIterator
from .outgoing import Emit, Outgoing
from .transfer import Transfers
from .window import Step, layer_table, split

SCHEMA_VERSION = 1

MARKS_MAX = 2_000_000
"""Where no step ends for 250,000 forwards none ever will, and marks would fill the memory."""

PROFILE = "HEADWATER_PROFILE"
"""Whether profiles are taken. Default: `on`. Example: `off`, which sets no hook at all."""

Batch = TypeVar("Batch")

_log = logging.getLogger(__name__)

_is_compiling = torch.compiler.is_compiling
_is_grad_enabled = torch.is_grad_enabled
_at_end_of_backward = torch.autograd.Variable._execution_engine.queue_callback
"""Has autograd call back once the backward that runs now is done."""


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
        emit=emit or partial(_emit, getattr(run, "emitter", None)),
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
        self._number = 0

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
        return TimedIterator(batches, self.waited) if self._open else batches

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
            with contextlib.suppress(Exception):
                self._outgoing.abandon("profile stopped", self._closing("stopped"))

    # Beginning and end.

    def _start(self) -> None:
        self._device = memory.device_of(self._model)
        self._clock = clock_of(self._model)
        self._rank, self._world_size = _rank()
        self._number = self._split = 0
        self._marks: list[Any] = []
        self._reading: Reading | None = None
        self._timeline = Timeline()
        self._arrivals: Arrivals | None = None
        self._arrivals_decided = False
        self._undo: list[Callable[[], None]] = []
        self._in_backward = self._evaluating = self._armed = False
        self._transfers = Transfers(self._copy_begins, self._copy_ended)
        self._quick_hooks = self._mark_backwards()
        self._scan()
        self._outgoing = Outgoing(self._clock, self._header, self._emit, len(self._layers))
        self._open = True
        self._hook()
        interval = self._budget.interval(self._fixed_ns())
        self._sample_due = 0 if interval == 1 else interval
        self._began_ns = time.perf_counter_ns()
        self._plan()

    def _mark_backwards(self) -> OrderedDict[int, Callable[..., None]] | None:
        """Return hooks on the model's output that mark a backward without any Python.

        None where more is to be done than that.
        """
        if not self._clock.immediate or self._world_size > 1:
            return None
        begins = marker(self._clock, self._marks, phases.BACKWARD)
        ends = repeat((marker(self._clock, self._marks, phases.END),))
        queue_end = partial(next, starmap(_at_end_of_backward, ends))
        return OrderedDict(((MODEL_KEY, begins), (MODEL_KEY - 1, queue_end)))

    def _scan(self) -> None:
        self._layers = layers_of(self._model)
        self._table = layer_table(self._layers)
        self._trainable = trainable(self._layers)
        self._stamps = Stamps(self._layers, self._clock, self._timeline, self._stop)
        self._norms = Norms(self._layers)

    def _hook(self) -> None:
        self._undo.append(self._model.register_forward_pre_hook(self.forward_begins).remove)
        self._undo.append(self._model.register_forward_hook(self._forward_hook).remove)
        if self._optimizer is not None:
            before = self._optimizer.register_step_pre_hook(self._optimizer_begins)
            after = self._optimizer.register_step_post_hook(self._optimizer_ended)
            self._undo += [before.remove, after.remove]
        if self._loader is not None:
            self._undo.append(LoaderPatch(type(self._loader), self.waited, self._loader).undo)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Profile:
        """Return what a copy of the model has in place of its hooks: nothing that records."""
        return _closed()

    def __reduce__(self) -> tuple[Callable[[], Profile], tuple[()]]:
        return _closed, ()

    def _finish(self, error: BaseException | None) -> None:
        closing = self._closing("complete" if error is None else "failed")
        if error is not None:
            closing["error"] = failure.describe(
                error, self._layers, self._number, self._marks, self._timeline
            )
        self._detach()
        self._settle()
        self._outgoing.close(closing)

    def _closing(self, status: str) -> dict[str, Any]:
        return {"status": status, "steps": self._number}

    def _detach(self) -> None:
        """Take every hook off again."""
        self._open = False
        self._disarm()
        if self._arrivals is not None:
            self._arrivals.remove()
        while self._undo:
            self._undo.pop()()

    # What the hooks report, in the order of a step.

    def waited(self, wait_ns: int) -> None:
        """Add to the time that the step which runs has waited for its data."""
        if not self._open:
            return
        try:
            self._marks.extend((phases.DATA, wait_ns, phases.BATCH, self._clock.stamp()))
            if self._armed and self._device.type != "cpu":
                self._transfers.on()
        except Exception as fault:
            self._stop(fault)

    def _copy_begins(self) -> None:
        self._marks.extend((phases.COPY, self._clock.stamp()))

    def _copy_ended(self, moved: bool) -> None:
        if moved:
            self._marks.extend((phases.END, self._clock.stamp()))
        else:
            del self._marks[-2:]

    def forward_begins(self, _model: nn.Module | None = None, _args: Any = None) -> None:
        """Mark the start of a forward; for frameworks that never call the model itself."""
        if _is_compiling() or not self._open:
            return
        try:
            if len(self._marks) > MARKS_MAX:
                raise RuntimeError("no step ends: state the optimizer, or use `Profile.step()`")
            training = _is_grad_enabled()
            if self._armed:
                self._transfers.off()
                if not training:
                    self._stamps.disarm()
            self._evaluating = not training
            phase = phases.FORWARD if training else phases.EVALUATION
            self._marks.extend((phase, self._clock.stamp()))
        except Exception as fault:
            self._stop(fault)

    def _forward_hook(self, _model: nn.Module, _args: Any, output: Any) -> None:
        self.forward_ended(output)

    def forward_ended(self, output: Any) -> None:
        """Mark the end of a forward, with what the backward will start from."""
        if _is_compiling() or not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
            if not self._evaluating:
                self._watch_backward(output)
            elif self._armed:
                self._stamps.arm()
        except Exception as fault:
            self._stop(fault)

    def _watch_backward(self, output: Any) -> None:
        quick = self._quick_hooks
        if (
            quick is not None
            and not self._armed
            and type(output) is Tensor
            and (node := output.grad_fn) is not None
            and output._backward_hooks is None
        ):
            output._backward_hooks = quick.copy()  # type: ignore[assignment]
            node._register_hook_dict(output)
            return
        for tensor in tensors(output):
            on_gradient(tensor, self._backward_begins, MODEL_KEY)

    def _backward_begins(self, _gradient: Tensor) -> None:
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
                self._timeline.arrivals.extend((BACKWARD_END, self._clock.stamp()))
            if self._world_size > 1:
                # What waits for other ranks does so in callbacks of its own, behind this
                # one and before the next.
                self._marks.extend((phases.COLLECTIVE, self._clock.stamp()))
                _at_end_of_backward(self._collective_ended)
        except Exception as fault:
            self._stop(fault)

    def _collective_ended(self) -> None:
        if not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
        except Exception as fault:
            self._stop(fault)

    def _optimizer_begins(self, *_: Any) -> None:
        if not self._open:
            return
        try:
            stamp = self._clock.stamp()
            # In a step that is given a closure the gradients are still those of the step
            # before; while a graph is captured nothing may be computed beside it.
            if self._armed and stamp and phases.BACKWARD in self._marks:
                self._read_norms()
            self._marks.extend((phases.OPTIMIZER, stamp))
        except Exception as fault:
            self._stop(fault)

    def _read_norms(self) -> None:
        scale = scaling.loss_scale(sys._getframe())
        scaled = getattr(self._optimizer, "grad_scale", None) is not None  # as of fused ones
        self._reading = self._norms.read(scale, scaled=scaled)

    def _optimizer_ended(self, *_: Any) -> None:
        if not self._open:
            return
        try:
            self._marks.extend((phases.END, self._clock.stamp()))
            if not self._explicit:
                self._end_step()
        except Exception as fault:
            self._stop(fault)

    # The end of a step. Most steps end here with next to nothing to do.

    def _end_step(self) -> None:
        now = time.perf_counter_ns()
        self._marks.extend((phases.STEP, now))
        self._in_backward = False
        self._number += 1
        if self._number >= self._look_at or now >= self._look_ns:
            self._look()
            # It lies within the time of the step that begins.
            self._marks.extend((phases.OWN, time.perf_counter_ns() - now))

    def _look(self) -> None:
        """Do what is due between a step and the next."""
        self._settle()
        if self._armed:
            interval = self._budget.interval(self._fixed_ns())
            self._sample_due = self._number - 1 + interval
        if not self._arrivals_decided and self._budget.settled:
            self._arrivals_decided = True
            self._take_arrivals()
        self._plan()

    def _settle(self) -> None:
        """Hand over the steps that ended since it was last done."""
        steps = split(self._marks, self._split, self._began_ns)
        self._marks.clear()
        self._split = self._number
        self._began_ns += sum(step.wall_ns for step in steps)
        if self._armed and steps:
            self._take_sample(steps[-1])
        for step in steps:
            self._budget.spend(step.wall_ns, sampled=step.timeline is not None)
        self._outgoing.pending += steps
        self._outgoing.settle()

    def _plan(self) -> None:
        """Arm or disarm for the step that begins, and set when to look again."""
        wanted = self._number >= self._sample_due
        if wanted and not self._armed:
            self._arm()
        elif self._armed and not wanted:
            self._disarm()
        until = self._number + self._outgoing.room
        until = min(until, self._number + 1 if self._armed else self._sample_due)
        self._look_at = until if self._arrivals_decided else min(until, self._number + 1)
        self._look_ns = self._outgoing.due_ns

    def _take_sample(self, step: Step) -> None:
        step.reading, self._reading = self._reading, None
        # A stamp that could not be taken is a graph that is captured: nothing may run then.
        if step.reading is None and 0 not in step.marks[1::2]:
            step.reading = self._norms.read()
        if step.reading is not None:
            self._stamps.give_up_silent(set(step.reading.owners))
        step.timeline = self._timeline.take()

    def _take_arrivals(self) -> None:
        room = self._budget.arrivals(self._clock.name)
        if room:
            self._arrivals = Arrivals(self._layers, self._clock, self._marks, self._stop, room)
            self._outgoing.arrivals = len(self._arrivals.layers)

    def _fixed_ns(self) -> int:
        """Return what every step pays, sampled or not."""
        clock = self._clock.name
        return PHASES_NS[clock] + self._outgoing.arrivals * ARRIVAL_NS[clock]

    def _arm(self) -> None:
        if trainable(self._layers) != self._trainable or "not initialised" in self._unseen():
            self._scan_again()
        self._stamps.arm()
        self._armed = True

    def _disarm(self) -> None:
        self._stamps.disarm()
        self._transfers.off()
        self._armed = False

    def _unseen(self) -> Iterable[str]:
        return self._stamps.unseen.values()

    def _scan_again(self) -> None:
        """List the layers anew; what was recorded goes out with the list it was made for."""
        self._outgoing.settle()
        self._outgoing.flush()
        self._scan()
        self._outgoing.layers = len(self._layers)
        if self._arrivals is not None:
            self._arrivals.remove()
            self._take_arrivals()

    def _header(self) -> dict[str, Any]:
        return {
            "schemaVersion": SCHEMA_VERSION,
            "runId": self.run_id,
            "rank": self._rank,
            "worldSize": self._world_size,
            "eventTime": datetime.now(UTC).isoformat(),
            "clock": self._clock.name,
            "activationDefinition": "leaf outputs",
            "layers": self._table,
            "arrivalLayers": self._arrivals.layers if self._arrivals is not None else [],
            "unseen": self._stamps.unseen,
            "memory": memory.read(self._device),
        }


def _closed() -> Profile:
    """Return a profile that was never entered."""
    return profile(nn.Identity(), emit=lambda _: None)


def _rank() -> tuple[int, int]:
    """Return this process's rank and how many there are."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def _emit(emitter: Emitter | None, event: Mapping[str, Any]) -> None:
    (emitter or Emitter.default()).emit(event, topic=PROFILES.name, key=event["runId"])
