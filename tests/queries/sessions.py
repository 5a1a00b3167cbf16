"""Sessions of a shop's database. Runs where Postgres' client is, with its address as argument."""

import contextlib
import sys

import psycopg

MAKE = """
CREATE TABLE customers (id int, name text, email text, country text);
CREATE TABLE orders (id int, customer int, amount int, status text, placed date);
CREATE SCHEMA reports;
CREATE TABLE reports.daily (day date, revenue bigint);
INSERT INTO customers VALUES (1, 'Ann O''Hara', 'ann@shop.example', 'CH');
INSERT INTO orders VALUES (10, 1, 1250, 'paid', '2026-01-01')
"""


SUM_UP = """
INSERT INTO reports.daily
-- of Ann's orders
SELECT current_date, sum(amount) FROM picked
"""


def session(address: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Open a session that commits each statement."""
    return psycopg.connect(address, autocommit=True)


def main(address: str) -> None:
    """Run two sessions, each with a temporary table of the same name."""
    with session(address) as first, session(address) as second:
        for statement in MAKE.split(";\n"):
            first.execute(statement)
        first.execute(
            "CREATE TEMP TABLE picked AS SELECT id, amount FROM orders WHERE status = 'paid'"
        )
        second.execute("CREATE TEMP TABLE picked AS SELECT id, email FROM customers")
        first.execute(SUM_UP)
        second.execute("CREATE TABLE reports.contacts AS SELECT * FROM picked")
        second.execute("SET search_path TO reports")
        second.execute("CREATE VIEW latest AS SELECT max(day) AS day FROM daily")
        first.execute("UPDATE orders SET status = %s WHERE id = %s", ("returned", 10))
        first.execute("SELECT * FROM customers WHERE email = 'ann@shop.example'")
        with contextlib.suppress(psycopg.Error):
            second.execute("INSERT INTO latest_orders SELECT * FROM nowhere")
        second.execute("DROP TABLE contacts")


if __name__ == "__main__":
    main(sys.argv[1])
