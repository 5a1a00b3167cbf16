"""The training-profile event: a window of steps of one run and rank, packed by columns.

Producers build it as a plain dict; this is how it is read. Every event names its layers,
so that each can be understood alone, in any order. Times are in ns, sizes in bytes.
"""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Column = tuple[Count, ...]
"""A figure for each layer of the event's table, or for each step of its window."""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=_camel, populate_by_name=True
    )


class LayerTable(_Part):
    """What the places of the layer columns stand for."""

    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    parameter_bytes: Column = ()


class Memory(_Part):
    """Memory in use when the event was made, and the most so far.

    Attributes:
        reserved: What an allocator keeps of its device, in use or not.
        retries: How often it freed its caches because a request did not fit.
        out_of_memory: How often a request could not be met.
    """

    source: str
    bytes: Count
    peak: Count
    reserved: Count | None = None
    retries: Count | None = None
    out_of_memory: Count | None = None


class Sample(_Part):
    """One step with all its layers timed.

    Attributes:
        grad_norm: None where there is no gradient, or where the norm is not finite.
        non_finite: Layer, NaNs, infinities; None where they were not counted.
        amp_scale: The loss scale, where a gradient scaler ran the optimizer.
    """

    step: Count
    calls: Column
    forward_ns: Column
    backward_ns: Column
    activation_bytes: Column
    recompute_ns: Column = ()
    grad_norm: tuple[float | None, ...] = ()
    grad_bytes: tuple[int | None, ...] = ()
    non_finite: tuple[tuple[int, int | None, int | None], ...] = ()
    amp_scale: float | None = None


class Arrivals(_Part):
    """When gradients arrived, from the start of the step's last backward.

    Attributes:
        ns: A place for each of the event's `arrival_layers`.
    """

    step: Count
    ns: tuple[int | None, ...]


class Failure(_Part):
    """What ended a run, and where."""

    type: str
    message: str = ""
    layer: str | None = None
    phase: str | None = None
    step: int | None = None


class Closing(_Part):
    """The last word of a run and rank: how many events and steps there must be."""

    status: str
    events: Count
    steps: Count
    dropped: dict[str, int] = {}
    error: Failure | None = None


class ProfileEvent(_Part):
    """A window of steps; the last event of a run and rank has `closing`, perhaps no step.

    Attributes:
        seq: Counts the events of a run and rank from 0.
        arrival_layers: The layers, by place in the table, that arrivals are looked at of.
        unseen: Layers that cannot be timed, with the reason.
    """

    schema_version: int
    run_id: str = Field(min_length=1)
    rank: Count = 0
    world_size: int = 1
    seq: Count
    event_time: AwareDatetime
    clock: str
    activation_definition: str
    layers: LayerTable
    memory: Memory
    first_step: int = -1
    last_step: int = -1
    wall_ns: Column = ()
    own_ns: Column = ()
    phases_ns: dict[str, Column] = {}
    micro_batches: Column = ()
    arrival_layers: Column = ()
    arrivals: tuple[Arrivals, ...] = ()
    samples: tuple[Sample, ...] = ()
    unseen: dict[str, str] = {}
    closing: Closing | None = None
