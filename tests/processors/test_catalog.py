"""The schema as of a time is a function of what was observed, not of the order."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.processors.catalog import Catalog
from headwater.processors.rank import rank
from headwater.schemas.names import DatasetName
from headwater.schemas.records import Basis, DatasetVersion, FieldType

DATASET = DatasetName("postgres://db", "shop.orders")


def schema(*columns: str) -> DatasetVersion:
    """A schema of the one dataset of these tests."""
    return DatasetVersion(
        namespace=DATASET.namespace,
        name=DATASET.name,
        fields=tuple(FieldType(name=c) for c in columns),
    )


def at(day: int) -> str:
    """A time."""
    return f"2026-01-{day:02d}T00:00:00.000000Z"


def columns(catalog: Catalog, day: int) -> tuple[str, ...] | None:
    """The columns as of a day."""
    fields = catalog.fields(catalog.as_of(DATASET, at(day)))
    return None if fields is None else tuple(f.name for f in fields)


def test_the_schema_last_seen_holds() -> None:
    """A schema holds until another is seen."""
    catalog = Catalog()
    catalog.observe(schema("a"), at(3))
    catalog.observe(schema("a", "b"), at(5))
    assert [("a",), ("a",), ("a", "b"), ("a", "b")] == [columns(catalog, d) for d in (3, 4, 5, 9)]


def test_before_the_first_sighting_the_first_is_used_and_marked() -> None:
    """A late schema is better than none, and says that it is late."""
    catalog = Catalog()
    catalog.observe(schema("a"), at(3))
    used = catalog.as_of(DATASET, at(1))
    assert used.late
    assert ("a",) == columns(catalog, 1)


def test_an_unknown_dataset_has_no_schema() -> None:
    """No schema is said, not guessed."""
    assert columns(Catalog(), 1) is None


def test_only_changes_are_told() -> None:
    """Another sighting of the schema that held anyway is no news."""
    catalog = Catalog()
    first = catalog.observe(schema("a"), at(1))
    again = catalog.observe(schema("a"), at(5))
    between = catalog.observe(schema("b"), at(3))
    assert [1, 0] == [len(first), len(again)]
    assert [at(3), at(5)] == [told.at for told in between]


observations = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=8
)


@given(observations, st.permutations(range(8)), st.integers(1, 6))
def test_order_does_not_matter(seen: list[tuple[int, str]], order: list[int], asked: int) -> None:
    """Any order of the same observations answers the same."""
    one, other = Catalog(), Catalog()
    for day, column in seen:
        one.observe(schema(column), at(day))
    for i in order:
        if i < len(seen):
            other.observe(schema(seen[i][1]), at(seen[i][0]))
    assert one.as_of(DATASET, at(asked)) == other.as_of(DATASET, at(asked))


@given(observations, st.permutations(range(8)), st.integers(1, 6))
def test_what_is_told_suffices(seen: list[tuple[int, str]], order: list[int], asked: int) -> None:
    """A catalog that hears only what another tells agrees with it."""
    teller, hearer = Catalog(), Catalog()
    for i in order:
        if i < len(seen):
            for told in teller.observe(schema(seen[i][1]), at(seen[i][0])):
                hearer.observe(teller.schema(told), told.at)
    assert columns(teller, asked) == columns(hearer, asked)


@given(observations, st.integers(1, 6))
def test_rank_grows_with_knowledge(seen: list[tuple[int, str]], asked: int) -> None:
    """Each schema that changes the basis raises its rank, so the last resolution wins."""
    catalog = Catalog()
    ranks = [rank(Basis(resolver="sql/1", schemas=(catalog.as_of(DATASET, at(asked)),)))]
    version = None
    for day, column in seen:
        catalog.observe(schema(column), at(day))
        used = catalog.as_of(DATASET, at(asked))
        if used.version != version:
            version = used.version
            ranks.append(rank(Basis(resolver="sql/1", schemas=(used,))))
    assert sorted(set(ranks)) == ranks


def test_a_newer_resolver_outranks_nearer_schemas_but_not_more_of_them() -> None:
    """First what is known, then who read it, then how near."""
    catalog = Catalog()
    catalog.observe(schema("a"), at(1))
    early = catalog.as_of(DATASET, at(2))
    catalog.observe(schema("b"), at(2))
    near, unknown = catalog.as_of(DATASET, at(2)), Catalog().as_of(DATASET, at(2))
    ranks = [
        rank(Basis(resolver=resolver, schemas=(used,)))
        for resolver, used in [
            ("sql/10", unknown),
            ("sql/2", early),
            ("sql/2", near),
            ("sql/10", early),
        ]
    ]
    assert sorted(ranks) == ranks
