"""Fills a DuckDB with what the shop's own database holds. Runs in dbt's environment."""

import sys

import duckdb

_ROWS = """
CREATE SCHEMA raw;
CREATE TABLE raw.customers AS SELECT * FROM (VALUES
  (1, 'Ada', 'Byron', 'ada@shop.example', 'CH'),
  (2, 'Bo', 'Lee', 'bo@shop.example', 'PT')
) AS t (id, first_name, last_name, email, country_code);
CREATE TABLE raw.orders AS SELECT * FROM (VALUES
  (10, 1, TIMESTAMP '2026-01-01 10:00:00', 'paid'),
  (11, 2, TIMESTAMP '2026-01-02 11:00:00', 'paid'),
  (12, 2, TIMESTAMP '2026-01-02 12:00:00', 'returned')
) AS t (id, customer, placed_at, status);
CREATE TABLE raw.payments AS SELECT * FROM (VALUES
  (10, 1250), (11, 990), (12, 5)
) AS t (order_id, cents);
"""

if __name__ == "__main__":
    duckdb.connect(sys.argv[1]).execute(_ROWS)
