"""What is written down of Spark is what Spark says."""

import pytest

from tests.resolver.corpus import read

from .agreement import recorded
from .engine import require
from .record import RECORDING, Asked, ask

pytestmark = [pytest.mark.spark, pytest.mark.long, pytest.mark.timeout(1200)]


def test_spark_still_says_what_is_written_down() -> None:
    """Of every statement of the recording, asked anew."""
    require()
    cases = list(read(RECORDING))
    asked = [
        Asked(case.title, case.sql, case.tables, case.settings.get("format") == "delta")
        for case in cases
    ]
    found = ask(asked)
    assert {case.title: recorded(case) for case in cases} == found
