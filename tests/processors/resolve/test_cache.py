"""Answers are kept while what they rest on is the same."""

from headwater.processors.resolve import Answer, Naming, resolve
from headwater.processors.resolve.cache import Cache
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType


class Catalog:
    """Schemas that a test can change."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[FieldType, ...]] = {
            "t": (FieldType(name="a"), FieldType(name="b"))
        }

    def __call__(self, dataset: DatasetName) -> tuple[FieldType, ...] | None:
        return self.tables.get(dataset.name)


def ask(cache: Cache, sql: str, catalog: Catalog, dialect: str = "postgres") -> Answer:
    found = cache.get(sql, dialect, Naming(), catalog)
    if found is None:
        found = resolve(sql, dialect=dialect, schemas=catalog)
        cache.put(sql, dialect, Naming(), catalog, (), found)
    return found


def test_the_same_text_is_found() -> None:
    """An exact repetition is answered from the cache."""
    cache, catalog = Cache(), Catalog()
    first = ask(cache, "insert into o select * from t", catalog)

    assert ask(cache, "insert into o select * from t", catalog) is first
    assert (cache.counts.exact, cache.counts.missed) == (1, 1)


def test_other_literals_find_the_same_answer() -> None:
    """Texts that differ in literals, lists and blanks share a fingerprint."""
    cache, catalog = Cache(), Catalog()
    first = ask(cache, "insert into o (q) select a from t where b = 'x' and a in (1, 2)", catalog)
    sql = "insert into o (q)\n select a from t where b = 'y' and a in (3) -- note"

    assert ask(cache, sql, catalog) is first
    assert cache.counts.fingerprint == 1


def test_places_of_columns_are_no_literals() -> None:
    """ORDER BY 1 and ORDER BY 2 are different statements."""
    cache, catalog = Cache(), Catalog()
    first = ask(cache, "select a, b from t order by 1", catalog)

    assert ask(cache, "select a, b from t order by 2", catalog) != first


def test_names_in_quotes_are_no_literals() -> None:
    """Files and pivoted values keep their texts apart."""
    cache, catalog = Cache(), Catalog()
    for sql in ("select * from '{}.parquet'", "select * from t pivot (sum(a) for b in ('{}'))"):
        first = ask(cache, sql.format("x"), catalog, "duckdb")

        assert ask(cache, sql.format("y"), catalog, "duckdb") != first


def test_a_changed_schema_forgets_what_read_it() -> None:
    """A new column of a table asks for a new answer, of statements over it alone."""
    cache, catalog = Cache(), Catalog()
    ask(cache, "select * from t", catalog)
    ask(cache, "select x.a from x", catalog)
    catalog.tables["t"] = (*catalog.tables["t"], FieldType(name="c"))

    assert [field.field for field in ask(cache, "select * from t", catalog).outputs[0].fields] == [
        "a",
        "b",
        "c",
    ]
    ask(cache, "select x.a from x", catalog)
    assert (cache.counts.exact, cache.counts.missed) == (1, 3)


def test_a_schema_that_comes_later_is_seen() -> None:
    """An answer that wanted for a schema is not given once there is one."""
    cache, catalog = Cache(), Catalog()
    late = catalog.tables.pop("t")
    ask(cache, "select * from t", catalog)
    catalog.tables["t"] = late

    assert len(ask(cache, "select * from t", catalog).outputs[0].fields) == 2


def test_the_cache_is_bounded() -> None:
    """What was not used for longest goes first."""
    cache, catalog = Cache(size_max=10), Catalog()
    for number in range(50):
        ask(cache, f"select a as c{number} from t", catalog)

    assert len(cache) == 10
