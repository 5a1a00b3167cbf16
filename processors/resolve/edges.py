"""How columns act on columns: effects as bits, and OpenLineage's rule to compose them.

An *effect* is a number: twice the place of its subtype in `SUBTYPES`, plus one if it masks.
The effects of one source on one target are a set, held as the bits of one integer, so that
composing and merging are table look-ups.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from ...schemas.names import DatasetName
from ...schemas.records import InputField, KnownBy, Subtype, Transformation, Unresolved

SUBTYPES = tuple(Subtype)
IDENTITY, TRANSFORMATION, AGGREGATION, JOIN, FILTER, GROUP_BY, SORT, WINDOW, CONDITIONAL = (
    2 * place for place in range(9)
)
_EFFECTS = range(2 * len(SUBTYPES))
_DIRECT = 6  # the effects below this one are direct


class Source:
    """A column that something derives from; one object per column and ground.

    Sources are compared by identity, so whoever makes one keeps it (`relations.py`).

    Attributes:
        reason: Why the column is not known, instead of a column.
    """

    __slots__ = ("dataset", "field", "known_by", "reason")

    def __init__(
        self,
        dataset: DatasetName | None,
        field: str,
        known_by: KnownBy = KnownBy.CATALOG,
        reason: str | None = None,
    ) -> None:
        self.dataset = dataset
        self.field = field
        self.known_by = known_by
        self.reason = reason

    def __repr__(self) -> str:
        return f"Source({self.reason or self.dataset}, {self.field})"


Marker = tuple[str, str, str]
"""(field, reason, detail) of what is not known; an empty text for none."""

Sources = dict[Source, int]
"""Source columns with the set of their effects as bits."""


def unknown(reason: str, detail: str) -> Sources:
    """Return sources that say only why nothing is known."""
    return {ground(None, detail, KnownBy.CATALOG, reason): 1 << IDENTITY}


@lru_cache(maxsize=10_000)
def ground(
    dataset: DatasetName | None, field: str, known_by: KnownBy, reason: str | None
) -> Source:
    """Return the one source of a ground, the same each time: a fixpoint counts sources."""
    return Source(dataset, field, known_by, reason)


def _then(outer: int, inner: int) -> int:
    masked = (outer | inner) & 1
    if outer >= _DIRECT:
        kind = outer
    elif inner >= _DIRECT:
        kind = inner
    else:
        kind = max(outer & ~1, inner & ~1)
    return (kind & ~1) | masked


THEN = tuple(tuple(_then(outer, inner) for inner in _EFFECTS) for outer in _EFFECTS)
"""`THEN[outer][inner]`: the effect of a column that acts by `inner` on what acts by `outer`."""


class _Composed(dict[int, int]):
    """Bits of an inner set to the bits they become under one outer effect."""

    def __init__(self, outer: int) -> None:
        self._row = THEN[outer]

    def __missing__(self, bits: int) -> int:
        composed = 0
        for inner, effect in enumerate(self._row):
            if bits >> inner & 1:
                composed |= 1 << effect
        self[bits] = composed
        return composed


COMPOSED = tuple(_Composed(outer) for outer in _EFFECTS)
"""`COMPOSED[outer][bits]`: as THEN, for a set of inner effects."""


def add(into: Sources, sources: Mapping[Source, int], effect: int = IDENTITY) -> None:
    """Merge sources into others, as seen through an effect."""
    if effect == IDENTITY:
        for source, bits in sources.items():
            into[source] = into.get(source, 0) | bits
        return
    composed = COMPOSED[effect]
    for source, bits in sources.items():
        into[source] = into.get(source, 0) | composed[bits]


def merged(parts: Iterable[Mapping[Source, int]]) -> Sources:
    """Return the union of several sets of sources."""
    whole: Sources = {}
    for part in parts:
        add(whole, part)
    return whole


_GROUNDS = {ground: place for place, ground in enumerate(KnownBy)}
_Key = tuple[str, str, str, int, int]
_input_fields: dict[tuple[_Key, bool], InputField] = {}
_INPUT_FIELDS_MAX = 50_000
_KNOWN_BY = tuple(KnownBy)


def input_fields(
    sources: Mapping[Source, int], weakest: KnownBy = KnownBy.DECLARED
) -> tuple[InputField, ...]:
    """Return sources as records in canonical order.

    The same column with the same subtype by two routes is one edge: known by the stronger
    ground, and masked only if neither route lets the value through. No edge is stated on a
    stronger ground than `weakest`.
    """
    floor = _GROUNDS[weakest]
    edges: dict[tuple[str, str, str, int], tuple[int, bool]] = {}
    for source, bits in sources.items():
        if source.dataset is None:
            continue
        namespace, name = source.dataset
        ground = max(_GROUNDS[source.known_by], floor)
        subtype = 0
        while bits:
            pair = bits & 3
            if pair:
                key = (namespace, name, source.field, subtype)
                masks = pair == 2
                seen = edges.get(key)
                edges[key] = (
                    (ground, masks) if seen is None else (min(seen[0], ground), seen[1] and masks)
                )
            bits >>= 2
            subtype += 1
    return tuple(
        _input_field((*key, ground), masks) for key, (ground, masks) in sorted(edges.items())
    )


def _input_field(key: _Key, masks: bool) -> InputField:
    """Build a record, or give the one built before: building costs more than looking up."""
    found = _input_fields.get((key, masks))
    if found is None:
        namespace, name, field, subtype, ground = key
        found = InputField(
            namespace=namespace,
            name=name,
            field=field,
            type=Transformation.DIRECT if 2 * subtype < _DIRECT else Transformation.INDIRECT,
            subtype=SUBTYPES[subtype].value,
            masking=masks,
            known_by=_KNOWN_BY[ground],
        )
        if len(_input_fields) >= _INPUT_FIELDS_MAX:
            _input_fields.clear()
        _input_fields[key, masks] = found
    return found


def unresolved(sources: Mapping[Source, int], field: str | None) -> set[Marker]:
    """Return (field, reason, detail) of each source that is not known or only guessed."""
    return {
        (field or "", source.reason or "ambiguous_column", source.field)
        for source in sources
        if source.reason is not None or source.known_by is KnownBy.GUESSED
    }


def unresolved_records(markers: Iterable[Marker]) -> tuple[Unresolved, ...]:
    """Return markers as records in canonical order."""
    return tuple(
        Unresolved(field=field or None, reason=reason, detail=detail or None)
        for field, reason, detail in sorted(set(markers), key=str)
    )
