"""Run the graph sink: `python -m headwater.sinks.graph`."""

import logging
import os
import signal
import sys
import threading

from prometheus_client import start_http_server

from .consumer import run
from .settings import from_environment


def main() -> None:
    """Write records to the graph until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # The driver logs whole requests with every error that it also raises.
    logging.getLogger("gremlinpython").setLevel(logging.CRITICAL)
    settings = from_environment()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    run(settings, stop)
    logging.shutdown()
    sys.stdout.flush()
    # A request may still be waiting in a thread of the driver, which Python would join.
    os._exit(0)


if __name__ == "__main__":
    main()
