"""Run the HTTP door by itself."""

import os
from typing import Annotated

import typer

from ...producers.gateway import settings
from ...schemas import environment
from ..asking import bootstrap_of
from ..terminal import Json, print_json


def command(
    host: Annotated[str, typer.Option(help="The address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8091,
    kafka: Annotated[
        str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Write to this Kafka.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take OpenLineage events by HTTP and write them to Kafka, until Ctrl-C.

    `headwater up` runs one already. Any other address than loopback demands tokens:
    HEADWATER_GATEWAY_TOKENS_SHA256 holds their digests.

    Exit codes: 0 stopped as asked; 1 it would let the world in, or cannot bind; 3 no stack runs.
    """
    os.environ[settings.HOST] = host
    os.environ[environment.GATEWAY_PORT] = str(port)
    os.environ[environment.KAFKA_BOOTSTRAP] = bootstrap_of(kafka)
    chosen = settings.GatewaySettings.from_environment()
    if as_json:
        print_json({"openlineage_url": f"http://{chosen.host}:{chosen.port}"})
    from ...producers.gateway.__main__ import serve

    serve(chosen)
