"""Run the ledger: `python -m headwater.sinks.ledger`."""

import logging
import signal
import sys
import threading

from ...schemas.errors import HeadwaterError
from ...schemas.exposition import expose
from . import metrics
from .consumer import run
from .settings import from_environment

log = logging.getLogger(__name__)

EXIT_REFUSED = 70


def main() -> None:
    """Build and sign the trees until SIGTERM or SIGINT; exit with 70 where that cannot go on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = from_environment()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        expose(metrics.text, metrics.working)
        run(settings, stop)
    except HeadwaterError as error:
        log.critical("%s. %s", error.message, error.remedy or "")
        sys.exit(EXIT_REFUSED)
    except OSError as error:
        # What was half written is cut off at the next start; nothing was signed for it.
        log.critical("the files in %s cannot be written: %s", settings.directory, error)
        sys.exit(EXIT_REFUSED)


if __name__ == "__main__":
    main()
