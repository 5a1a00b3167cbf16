"""Profile events to records: the columns of a window folded to quantiles."""

from collections.abc import Iterable, Sequence

from ..schemas.profile import ProfileEvent, Sample
from ..schemas.records import LayerProfile, Quantiles, TrainingEnd, TrainingProfile


def training_profile(event: ProfileEvent) -> TrainingProfile:
    """Fold one event, a window of steps of one run and rank, into its record."""
    return TrainingProfile(
        run_id=event.run_id,
        rank=event.rank,
        world_size=event.world_size,
        seq=event.seq,
        first_step=event.first_step,
        last_step=event.last_step,
        steps=len(event.wall_ns),
        sampled_steps=len(event.samples),
        wall_ns=quantiles(event.wall_ns),
        own_ns=quantiles(event.own_ns),
        phases=_phases(event),
        layers=_layers(event),
        memory_bytes=event.memory.bytes,
        memory_bytes_max=event.memory.peak,
        memory_source=event.memory.source,
        memory_reserved_bytes=event.memory.reserved,
        memory_retries=event.memory.retries,
        amp_scale=quantiles([s.amp_scale for s in event.samples if s.amp_scale is not None]),
        clock=event.clock,
        activation_definition=event.activation_definition,
        unseen=event.unseen,
        end=_end(event),
    )


def quantiles(values: Sequence[float]) -> Quantiles | None:
    """Return the spread of figures, by nearest rank; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    last = len(ordered) - 1
    return Quantiles(
        count=len(ordered),
        p50=ordered[round(last * 0.5)],
        p90=ordered[round(last * 0.9)],
        max=ordered[last],
        sum=sum(ordered),
    )


def _phases(event: ProfileEvent) -> dict[str, Quantiles]:
    phases = {name: quantiles(column) for name, column in event.phases_ns.items()}
    spread = {name: found for name, found in phases.items() if found is not None}
    other = quantiles(_other(event))
    return spread | ({"other": other} if other is not None else {})


def _other(event: ProfileEvent) -> list[int]:
    """What is left of each step; nothing where a device's clock says more than the host's."""
    spent = zip(*event.phases_ns.values(), strict=True) if event.phases_ns else ()
    return [max(wall - sum(row), 0) for wall, row in zip(event.wall_ns, spent, strict=False)]


def _layers(event: ProfileEvent) -> tuple[LayerProfile, ...]:
    if not event.samples and not event.arrivals:
        return ()
    table = event.layers
    return tuple(
        _layer(event, index, name, type_, size)
        for index, (name, type_, size) in enumerate(
            zip(table.names, table.types, table.parameter_bytes, strict=True)
        )
    )


def _layer(event: ProfileEvent, index: int, name: str, type_: str, size: int) -> LayerProfile:
    called = [sample for sample in event.samples if sample.calls[index]]
    norms = [sample.grad_norm[index] for sample in event.samples if sample.grad_norm]
    bad = [found for sample in event.samples for found in sample.non_finite if found[0] == index]
    return LayerProfile(
        name=name,
        type=type_,
        calls=sum(sample.calls[index] for sample in called),
        forward_ns=quantiles([sample.forward_ns[index] for sample in called]),
        backward_ns=_nonzero(sample.backward_ns[index] for sample in called),
        recompute_ns=_nonzero(
            sample.recompute_ns[index] for sample in called if sample.recompute_ns
        ),
        arrival_ns=_arrivals(event, index),
        activation_bytes=quantiles([sample.activation_bytes[index] for sample in called]),
        grad_norm=quantiles([norm for norm in norms if norm is not None]),
        grad_bytes=_grad_bytes(event.samples, index),
        nan_count=sum(nans or 0 for _, nans, _ in bad),
        inf_count=sum(infinities or 0 for _, _, infinities in bad),
        non_finite_steps=len(bad),
        parameter_bytes=size,
    )


def _arrivals(event: ProfileEvent, index: int) -> Quantiles | None:
    if index not in event.arrival_layers:
        return None
    place = event.arrival_layers.index(index)
    return quantiles([at for arrival in event.arrivals if (at := arrival.ns[place]) is not None])


def _nonzero(values: Iterable[int]) -> Quantiles | None:
    """A time of 0 was not observed."""
    return quantiles([value for value in values if value])


def _grad_bytes(samples: Sequence[Sample], index: int) -> int | None:
    sizes = [sample.grad_bytes[index] for sample in samples if sample.grad_bytes]
    return max((size for size in sizes if size is not None), default=None)


def _end(event: ProfileEvent) -> TrainingEnd | None:
    closing = event.closing
    if closing is None:
        return None
    error = closing.error
    return TrainingEnd(
        status=closing.status,
        events=closing.events,
        steps=closing.steps,
        dropped=closing.dropped,
        error=f"{error.type}: {error.message}" if error else None,
        failed_layer=error.layer if error else None,
        failed_phase=error.phase if error else None,
        failed_step=error.step if error else None,
    )
