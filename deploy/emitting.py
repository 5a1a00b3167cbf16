"""Commands that emit: an emitter for the stack, and the word that everything has arrived."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ..producers import Emitter
from ..schemas.errors import HeadwaterError
from .asking import bootstrap_of

TIMEOUT_S = 30.0

KafkaOption = Annotated[
    str | None,
    typer.Option("--kafka", metavar="HOST:PORT", help="Emit to this Kafka, not the stack's."),
]


@contextmanager
def emitting(kafka: str | None) -> Iterator[Emitter]:
    """Yield an emitter, and wait until all that it took is acknowledged.

    Raises:
        HeadwaterError: If it is not in time, or something was refused for good.
    """
    emitter = Emitter(transport="kafka", bootstrap=bootstrap_of(kafka))
    try:
        yield emitter
        if not emitter.flush(TIMEOUT_S):
            raise HeadwaterError(
                f"not everything has arrived within {TIMEOUT_S:.0f} s",
                remedy="See that Kafka answers, then `headwater spool push`; nothing is lost.",
            )
        if dropped := emitter.counts.dropped:
            raise HeadwaterError(f"events were dropped: {dropped}", remedy="See the log above.")
    finally:
        emitter.close()
