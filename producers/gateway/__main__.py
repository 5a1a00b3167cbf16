"""Run the gateway: `python -m headwater.producers.gateway`."""

import logging
import sys

import uvicorn

from ...schemas.errors import HeadwaterError
from .app import build
from .patience import PatientProtocol
from .settings import GatewaySettings

_STOP_TIMEOUT_S = 8


def main() -> None:
    """Serve as the environment says, until SIGTERM."""
    try:
        serve(GatewaySettings.from_environment())
    except HeadwaterError as error:
        sys.exit(f"error: {error.message}\nremedy: {error.remedy}")


def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_TIMEOUT_S,
    )


if __name__ == "__main__":
    main()
