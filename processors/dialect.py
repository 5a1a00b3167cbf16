"""Which SQL dialect a statement is in, by what the client said or the dataset's namespace."""

from ..schemas.names import DatasetName

# The scheme of an OpenLineage namespace (`postgres://host:5432`) to sqlglot's dialect.
_BY_SCHEME = {
    "athena": "athena",
    "awsathena": "athena",
    "awsglue": "spark",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "fabric": "fabric",
    "duckdb": "duckdb",
    "hive": "hive",
    "mssql": "tsql",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "postgresql": "postgres",
    "presto": "presto",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "teradata": "teradata",
    "trino": "trino",
    "unitycatalog": "databricks",
}

# What clients write for a dialect where sqlglot has another word.
_SYNONYMS = {"ansi": None, "glue": "spark", "sparksql": "spark", "starburst": "trino"}


def dialect_of(stated: str | None, datasets: tuple[DatasetName, ...]) -> str | None:
    """Return sqlglot's name of a dialect; None is its own, near the SQL standard.

    Args:
        stated: What the event's `sql` facet says, if anything.
        datasets: The event's datasets, outputs first.
    """
    if stated:
        word = stated.strip().lower()
        return _SYNONYMS.get(word, _BY_SCHEME.get(word, word))
    schemes = (dataset.namespace.partition(":")[0].lower() for dataset in datasets)
    return next((_BY_SCHEME[scheme] for scheme in schemes if scheme in _BY_SCHEME), None)
