"""Model passports: what made a version of a model, put together from the records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..schemas.errors import HeadwaterError
from ..schemas.records import Envelope, Environment, JobVersion, ModelVersion, content

R = TypeVar("R", JobVersion, Environment)


@dataclass(frozen=True, slots=True)
class Passport:
    """A version of a model, with the code and environment that made it where they are known.

    Attributes:
        made_at: The time of the event that states it.
    """

    made_at: str
    model: ModelVersion
    code: JobVersion | None
    environment: Environment | None

    @property
    def label(self) -> str:
        """How a person names it."""
        return f"{self.model.name}@{self.model.version}"


def passports(envelopes: Iterable[Envelope]) -> list[Passport]:
    """Return all passports that records state, in the order of their making."""
    known = {envelope.id: envelope for envelope in envelopes}
    made = [each for each in known.values() if isinstance(each.record, ModelVersion)]
    made.sort(key=lambda each: (each.observed_at, each.id))
    return [_passport(each, known) for each in made]


def find(stated: Iterable[Passport], name: str) -> Passport:
    """Return the newest passport of that name.

    Args:
        stated: In the order of their making.
        name: `NAME`, `NAME@VERSION`, or either after `NAMESPACE/`. A version may be cut short.

    Raises:
        HeadwaterError: There is none.
    """
    listed = list(stated)
    found = [each for each in listed if _called(each.model, name)]
    if not found:
        names = ", ".join(sorted({each.model.name for each in listed})) or "none"
        raise HeadwaterError(
            f"no model is called {name!r}", remedy=f"Name one that was recorded: {names}."
        )
    return found[-1]


def flat(passport: Passport) -> dict[str, Any]:
    """Return all that a passport states as dotted keys and plain values."""
    stated: dict[str, Any] = {"model": content(passport.model)}
    for name, part in (("code", passport.code), ("environment", passport.environment)):
        stated[name] = content(part) if part is not None else {}
    inputs = stated["model"].pop("inputs", [])
    stated["inputs"] = {_input_key(item): item for item in inputs}
    return dict(_flat("", stated))


def _passport(envelope: Envelope, known: Mapping[str, Envelope]) -> Passport:
    model = envelope.record
    assert isinstance(model, ModelVersion)
    return Passport(
        made_at=envelope.observed_at,
        model=model,
        code=_part(known, model.job_version, JobVersion),
        environment=_part(known, model.environment, Environment),
    )


def _part(known: Mapping[str, Envelope], record_id: str | None, kind: type[R]) -> R | None:
    found = known.get(record_id or "")
    return found.record if found is not None and isinstance(found.record, kind) else None


def _called(model: ModelVersion, name: str) -> bool:
    """Whether a name means a model; names may themselves hold an `@`."""
    for own in (model.name, f"{model.namespace}/{model.name}"):
        if name == own:
            return True
        if name.startswith(f"{own}@") and model.version.startswith(name[len(own) + 1 :]):
            return True
    return False


def _input_key(item: Mapping[str, Any]) -> str:
    """Name an input; one dataset may be read as training data and as test data."""
    name = f"{item['namespace']}/{item['name']}"
    return f"{name} ({item['role']})" if item.get("role") else name


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _flat(f"{key}.{name}" if key else name, member)
    else:
        yield key, value
