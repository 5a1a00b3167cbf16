from typing import Any


def model(dbt: Any, session: Any) -> Any:
    dbt.config(materialized="table")
    return dbt.ref("customers").filter("lifetime_value > 10")
