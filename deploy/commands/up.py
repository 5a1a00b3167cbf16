"""Start the embedded stack and keep it running."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from .. import stack
from ..display import Display
from ..endpoints import Endpoints, find_endpoints
from ..home import Home, HomeInUseError, find_home
from ..terminal import Json, print_json, print_table


def command(
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it is ready, and leave it running.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Start only this part, and what it needs (repeatable): "
            f"{', '.join(stack.ALL)}. Kafka always runs."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the embedded stack: Kafka, JanusGraph, and Headwater's own services.

    It stays in the foreground, restarts a part that ends, and stops all in order on Ctrl-C.
    The first start fetches about 100 MB of jars. Where a stack is up already, it says so.

    Exit codes: 0 stopped as asked, or already up; 1 a part could not start, or has no room.
    """
    home = find_home()
    services = _services(only)
    settled = _in_background(home) if detach else _stay
    try:
        _run(home, services, settled, as_json)
    except HomeInUseError:
        _tell(find_endpoints(home), "already up", as_json)


def _services(only: list[str] | None) -> tuple[str, ...]:
    if unknown := sorted(set(only or ()).difference(stack.ALL)):
        raise typer.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(stack.ALL)}")
    return tuple(only or stack.ALL)


def _run(home: Home, services: tuple[str, ...], settled: Callable[[], None], as_json: bool) -> None:
    # `headwater down` and a closing terminal stop the stack as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with Display() as display:
        started = stack.Stack(home, services, progress=display.fetching, observe=display.observe)
        with started, suppress(KeyboardInterrupt):
            _tell(started.endpoints, "up", as_json)
            settled()
            started.wait()


def _stay() -> None:
    """Go on in the foreground."""


def _in_background(home: Home) -> Callable[[], None]:
    """Fork: the child goes on in a session of its own, the parent ends when it has settled.

    Returns:
        What the child calls once all is ready; it lets go of the terminal then.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        raise typer.Exit(_wait_until_settled(child, reader))
    os.close(reader)
    os.setsid()

    def settled() -> None:
        home.log_path("up").touch()
        log = os.open(home.log_path("up"), os.O_WRONLY | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.write(writer, b"1")
        os.close(writer)

    return settled


def _wait_until_settled(child: int, reader: int) -> int:
    """Return 0 once the child is ready, its exit code if it ends before that."""
    try:
        if os.read(reader, 1):
            return 0
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tell(endpoints: Endpoints, how: str, as_json: bool) -> None:
    if as_json:
        print_json({"state": how} | asdict(endpoints))
        return
    rows = [("Kafka", endpoints.kafka_bootstrap)]
    if endpoints.gremlin_url:
        rows.append(("Gremlin", endpoints.gremlin_url))
    if endpoints.openlineage_url:
        rows.append(("OpenLineage, by HTTP", endpoints.openlineage_url))
    if endpoints.api_url:
        rows.append(("API", endpoints.api_url))
    print_table(f"Headwater is {how}", [*rows, *endpoints.metrics_urls.items()])
