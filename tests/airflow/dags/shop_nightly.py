"""A shop's nightly DAG: SQL, a task that is mapped, one that is retried, and one that fails."""

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

_CREATE = """
CREATE TABLE orders (id INTEGER, customer INTEGER, amount INTEGER);
CREATE TABLE totals (customer INTEGER, total INTEGER)
"""
_SUM = """
INSERT INTO totals
SELECT customer, sum(amount) AS total FROM orders WHERE id > 0 GROUP BY customer
"""
_REGION = "CREATE TABLE totals_{} AS SELECT * FROM totals WHERE customer % 2 = {}"


def at_the_second_time(ti: Any) -> None:
    """Fail once."""
    if ti.try_number == 1:
        raise RuntimeError("not yet")


with DAG(
    "shop_nightly",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["shop"],
    default_args={"owner": "finance"},
    doc_md="Sums up the orders of the day.",
):
    create = SQLExecuteQueryOperator(
        task_id="create", conn_id="shop", sql=_CREATE, split_statements=True
    )
    sum_up = SQLExecuteQueryOperator(task_id="sum_up", conn_id="shop", sql=_SUM)
    regions = SQLExecuteQueryOperator.partial(task_id="region", conn_id="shop").expand(
        sql=[_REGION.format(name, rest) for rest, name in enumerate(("east", "west"))]
    )
    retried = PythonOperator(
        task_id="retried",
        python_callable=at_the_second_time,
        retries=1,
        retry_delay=timedelta(seconds=0),
    )
    fails = SQLExecuteQueryOperator(
        task_id="fails", conn_id="shop", sql="CREATE TABLE lost AS SELECT nothing FROM nowhere"
    )
    create >> sum_up >> regions >> retried >> fails
