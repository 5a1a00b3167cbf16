"""Run the graph sink: `python -m headwater.sinks.graph`."""

import logging
import os
import signal
import sys
import threading

from ...schemas.exposition import expose
from . import metrics
from .consumer import run
from .settings import from_environment

STOP_MAX_S = 9.0


def main() -> None:
    """Write records to the graph until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # The driver logs whole requests with every error that it also raises.
    logging.getLogger("gremlinpython").setLevel(logging.CRITICAL)
    settings = from_environment()
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        # Kafka may be away too, and whatever was not committed comes again.
        timer = threading.Timer(STOP_MAX_S, os._exit, [os.EX_TEMPFAIL])
        timer.daemon = True
        timer.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    expose(metrics.text, metrics.working)
    run(settings, stop)
    logging.shutdown()
    sys.stdout.flush()
    # A request may still be waiting in a thread of the driver, which Python would join.
    os._exit(0)


if __name__ == "__main__":
    main()
