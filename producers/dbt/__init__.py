"""dbt: what its artifacts say of runs, tests, tables and columns (dbt-core 1.4 to 1.11)."""
