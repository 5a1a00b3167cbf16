"""What the profiles of a run say about it: findings, each with its evidence.

A finding is no record: it is a function of the set of records, computed when it is asked
for. So it is the same in whatever order and how often they came, says of a run that still
goes on what is known by now, and follows a better rule back to runs long past.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_low

from ...schemas.records import LayerProfile, TrainingEnd, TrainingProfile, record_id

INPUT_BOUND_SHARE = 0.3
"""Of a run's time spent waiting for data: above that a faster loader shortens the run."""

STRAGGLER_RATIO = 1.2
"""A rank's own work beside the median rank's, from which all others wait for it."""

SLOW_LAYER_SHARE = 0.5
"""Of the time of all layers: above that a single one decides how long a step takes."""

SLOW_LAYER_RATIO = 2.0
"""A layer's share of the time beside its share of the parameters: a large layer may be slow."""

SLOW_LAYER_OF = 4
"""Layers below which one with half of the time is nothing strange."""

SLOWER_RATIO = 1.3
"""A layer's time beside that in the job's earlier runs."""

SLOWER_SHARE_MIN = 0.05
"""Of the time of all layers: what takes less than that may vary as it likes."""

CREEP_SHARE = 0.1
"""Growth of memory over the second half of a run, when it should long have settled."""

EXPLODING_RATIO = 100.0
"""A layer's gradient norm beside its own median over the run."""

VANISHING_RATIO = 1e-6
"""A layer's gradient norm beside the largest layer's."""

WINDOWS_MIN = 4
"""Windows below which a trend is no trend."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at, and what it rests on.

    Attributes:
        kind: `failed`, `lost`, `input-bound`, `straggler`, `slow-layer`, `slower-layer`,
            `memory-creep`, `memory-pressure`, `exploding-gradient`, `vanishing-gradient`,
            `non-finite-gradient`.
        value, limit: The figure, and what it was held against.
        evidence: The windows that show it, as (rank, seq).
    """

    kind: str
    run_id: str
    summary: str
    value: float
    limit: float
    rank: int | None = None
    layer: str | None = None
    evidence: tuple[tuple[int, int], ...] = ()


Rule = Callable[[Sequence[TrainingProfile]], Iterable[Finding]]


def findings(
    run: Iterable[TrainingProfile], earlier: Iterable[TrainingProfile] = ()
) -> list[Finding]:
    """Return what is to be said of a run.

    Args:
        run: The records of one run, of all its ranks, in any order and number.
        earlier: Records of earlier runs of the same job, to compare with.
    """
    windows = sorted(once(run), key=lambda window: (window.rank, window.seq))
    before = sorted(once(earlier), key=lambda window: (window.run_id, window.rank, window.seq))
    found = [finding for rule in RULES for finding in rule(windows)]
    return found + list(slower_layers(windows, before))


def input_bound(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say where a rank waits for its data."""
    for rank, own in _ranks(windows).items():
        wall = sum(window.wall_ns.sum for window in own if window.wall_ns)
        waited = [window for window in own if "data" in window.phases]
        share = sum(window.phases["data"].sum for window in waited) / wall if wall else 0.0
        if share > INPUT_BOUND_SHARE:
            summary = f"{share:.0%} of the time goes into waiting for data"
            yield Finding(
                "input-bound", own[0].run_id, summary, share, INPUT_BOUND_SHARE, rank,
                evidence=_evidence(waited),
            )  # fmt: skip


def straggler(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say which rank the others wait for.

    Held against each other is what each rank does by itself: a collective makes all ranks'
    steps equally long, and so hides the one that is late.
    """
    ranks = _ranks(windows)
    work = {rank: _own_work(own) for rank, own in ranks.items()}
    known = {rank: value for rank, value in work.items() if value is not None}
    if len(known) < 2:
        return
    # Of two ranks the quicker one is the measure, of many the one in the middle.
    usual = median_low(known.values())
    for rank, value in known.items():
        if value > STRAGGLER_RATIO * usual:
            own = ranks[rank]
            summary = f"rank {rank} takes {value / usual:.2f} times as long as the usual rank"
            yield Finding(
                "straggler", own[0].run_id, summary, value / usual, STRAGGLER_RATIO, rank,
                evidence=_evidence(own),
            )  # fmt: skip


def slow_layer(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say which layer takes most of the time of all of them, and is not most of the model."""
    for rank, own in _ranks(windows).items():
        layers = {name: seen for (_, name), seen in _layers(own).items()}
        times = {name: taken for name, seen in layers.items() if (taken := layer_time(seen))}
        sizes = {name: seen[0][1].parameter_bytes for name, seen in layers.items()}
        total, size = sum(times.values()), sum(sizes.values()) or 1
        for name, taken in times.items():
            limit = max(SLOW_LAYER_SHARE, SLOW_LAYER_RATIO * sizes[name] / size)
            if len(times) >= SLOW_LAYER_OF and taken > limit * total:
                share = taken / total
                summary = f"{name} takes {share:.0%} of the time of all layers"
                yield Finding(
                    "slow-layer", own[0].run_id, summary, share, limit, rank, name,
                    _evidence(window for window, _ in layers[name]),
                )  # fmt: skip


def memory_creep(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say where memory still grows in the second half of a run, window after window."""
    for rank, own in _ranks(windows).items():
        late = [window for window in own if window.memory_bytes][len(own) // 2 :]
        if len(late) < WINDOWS_MIN:
            continue
        used = [window.memory_bytes or 0 for window in late]
        growing = sum(after > before for before, after in pairwise(used))
        share = used[-1] / used[0] - 1
        if share > CREEP_SHARE and growing >= 0.8 * (len(used) - 1):
            summary = f"memory grew by {share:.0%} over the second half of the run"
            yield Finding(
                "memory-creep", own[0].run_id, summary, share, CREEP_SHARE, rank,
                evidence=_evidence(late),
            )  # fmt: skip


def memory_pressure(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say where an allocator had to free all its caches before it could go on."""
    for rank, own in _ranks(windows).items():
        pressed = [window for window in own if window.memory_retries]
        if pressed:
            times = max(window.memory_retries or 0 for window in pressed)
            summary = f"the allocator freed its caches {times} times to make room"
            yield Finding(
                "memory-pressure", own[0].run_id, summary, times, 0, rank,
                evidence=_evidence(pressed),
            )  # fmt: skip


def gradients(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say which layers' gradients are not finite, exploded or vanished."""
    for (rank, name), seen in _layers(windows).items():
        bad = [window for window, layer in seen if layer.non_finite_steps]
        if bad:
            steps = sum(layer.non_finite_steps for _, layer in seen)
            summary = f"the gradient of {name} held NaN or infinity in {steps} sampled steps"
            yield Finding(
                "non-finite-gradient", bad[0].run_id, summary, steps, 0, rank, name,
                evidence=_evidence(bad),
            )  # fmt: skip
        yield from _exploding(rank, name, seen)
    yield from _vanishing(windows)


def ended(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    """Say where a rank failed, and which of its events never came."""
    for rank, own in _ranks(windows).items():
        last = own[-1]
        end = next((window.end for window in own if window.end), None)
        if end is not None and end.status == "failed":
            where = end.failed_layer or end.failed_phase or "an unknown place"
            summary = f"failed in {where} at step {end.failed_step}: {end.error}"
            yield Finding(
                "failed", last.run_id, summary, 1, 0, rank, end.failed_layer, _evidence([last])
            )
        missing = gaps((window.seq for window in own), end)
        dropped = sum(end.dropped.values()) if end else 0
        if missing or dropped:
            summary = f"events {missing} never came, {dropped} steps were dropped"
            yield Finding("lost", last.run_id, summary, len(missing) + dropped, 0, rank)


def slower_layers(
    windows: Sequence[TrainingProfile], earlier: Sequence[TrainingProfile]
) -> Iterator[Finding]:
    """Say which layers take longer than in the job's earlier runs on the same clock."""
    before = {key: layer_time(seen) for key, seen in _layers(earlier).items()}
    total: dict[int, float] = defaultdict(float)
    for (rank, _), seen in _layers(windows).items():
        total[rank] += layer_time(seen) or 0.0
    for (rank, name), seen in _layers(windows).items():
        now, then = layer_time(seen), before.get((rank, name))
        if now is None or not then or now <= SLOWER_RATIO * then:
            continue
        if now < SLOWER_SHARE_MIN * total[rank]:
            continue
        own = [window for window, _ in seen]
        summary = f"{name} takes {now / then:.2f} times as long as in earlier runs"
        yield Finding(
            "slower-layer", own[0].run_id, summary, now / then, SLOWER_RATIO, rank, name,
            _evidence(own),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (
    ended,
    input_bound,
    straggler,
    slow_layer,
    memory_creep,
    memory_pressure,
    gradients,
)


def gaps(seqs: Iterable[int], end: TrainingEnd | None) -> list[int]:
    """Return the numbers of the events that are missing of a run and rank.

    Without its end, only what is missing before the last event that came can be named.
    """
    seen = set(seqs)
    expected = end.events if end is not None else max(seen, default=-1) + 1
    return [seq for seq in range(expected) if seq not in seen]


def _exploding(
    rank: int, name: str, seen: Sequence[tuple[TrainingProfile, LayerProfile]]
) -> Iterator[Finding]:
    norms = [(window, layer.grad_norm) for window, layer in seen if layer.grad_norm]
    usual = median(norm.p50 for _, norm in norms) if norms else 0.0
    high = [(window, norm.max / usual) for window, norm in norms if usual and norm.max > 0]
    worst = max((ratio for _, ratio in high), default=0.0)
    if worst > EXPLODING_RATIO:
        shown = [window for window, ratio in high if ratio > EXPLODING_RATIO]
        summary = f"the gradient of {name} rose to {worst:.0f} times its median"
        yield Finding(
            "exploding-gradient", shown[0].run_id, summary, worst, EXPLODING_RATIO, rank, name,
            _evidence(shown),
        )  # fmt: skip


def _vanishing(windows: Sequence[TrainingProfile]) -> Iterator[Finding]:
    for rank, own in _ranks(windows).items():
        norms = {
            name: median(layer.grad_norm.p50 for _, layer in seen if layer.grad_norm)
            for (_, name), seen in _layers(own).items()
            if any(layer.grad_norm for _, layer in seen)
        }
        largest = max(norms.values(), default=0.0)
        for name, norm in norms.items():
            if largest and norm < VANISHING_RATIO * largest:
                summary = f"the gradient of {name} is {norm / largest:.1e} of the largest layer's"
                yield Finding(
                    "vanishing-gradient", own[0].run_id, summary, norm / largest,
                    VANISHING_RATIO, rank, name, _evidence(own),
                )  # fmt: skip


def _own_work(own: Sequence[TrainingProfile]) -> float | None:
    """Return what a rank's step takes by itself, as the median over its windows."""
    rows = [work for window in own if (work := _window_work(window)) is not None]
    return median(rows) if rows else None


def _window_work(window: TrainingProfile) -> float | None:
    """Return a step without its wait for others, else its forward and local backward."""
    phases = window.phases
    if window.wall_ns and "collective" in phases:
        return window.wall_ns.p50 - phases["collective"].p50
    if not {"forward", "backward"} <= phases.keys():
        return None
    arrivals = [layer.arrival_ns.p50 for layer in window.layers if layer.arrival_ns]
    return phases["forward"].p50 + max(arrivals, default=phases["backward"].p50)


def layer_time(seen: Iterable[tuple[TrainingProfile, LayerProfile]]) -> float | None:
    """Return a layer's forward and backward in ns, as the median over its windows."""
    times = [
        sum(part.p50 for part in (layer.forward_ns, layer.backward_ns) if part)
        for _, layer in seen
        if layer.forward_ns
    ]
    return median(times) if times else None


def _layers(
    windows: Iterable[TrainingProfile],
) -> dict[tuple[int, str], list[tuple[TrainingProfile, LayerProfile]]]:
    found: dict[tuple[int, str], list[tuple[TrainingProfile, LayerProfile]]] = defaultdict(list)
    for window in windows:
        for layer in window.layers:
            found[window.rank, layer.name].append((window, layer))
    return dict(found)


def _ranks(windows: Iterable[TrainingProfile]) -> dict[int, list[TrainingProfile]]:
    found: dict[int, list[TrainingProfile]] = defaultdict(list)
    for window in windows:
        found[window.rank].append(window)
    return dict(found)


def once(windows: Iterable[TrainingProfile]) -> list[TrainingProfile]:
    """Return each window once, however often and in whatever order it was delivered."""
    found: dict[tuple[str, int, int], TrainingProfile] = {}
    for window in windows:
        known = found.setdefault((window.run_id, window.rank, window.seq), window)
        if known != window:  # two processes that took the same run for theirs
            found[window.run_id, window.rank, window.seq] = max(known, window, key=record_id)
    return list(found.values())


def _evidence(windows: Iterable[TrainingProfile]) -> tuple[tuple[int, int], ...]:
    return tuple((window.rank, window.seq) for window in windows)
