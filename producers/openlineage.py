"""A transport for OpenLineage's own Python client, with the spool beneath it.

In an `openlineage.yml`, or as `OPENLINEAGE__TRANSPORT__TYPE` and so on:

    transport:
      type: headwater.producers.openlineage.HeadwaterTransport
      bootstrap: broker-1:9092

Every setting of `EmitterConfig` may stand there. Once this module is imported, `type:
headwater` does as well; the client knows no entry points that could import it.
"""

import threading
from typing import Any

try:
    from openlineage.client.serde import Serde
    from openlineage.client.transport import Config, Transport, register_transport
except ImportError as error:
    raise ImportError("OpenLineage's client is missing: install openlineage-python") from error

from .emitter import Emitter


class HeadwaterConfig(Config):
    """The settings beside `type`, by the names of `EmitterConfig`."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> "HeadwaterConfig":
        return cls(**{name: value for name, value in params.items() if name != "type"})


@register_transport
class HeadwaterTransport(Transport):
    """Hands each event to an `Emitter`, which neither blocks nor raises."""

    kind = "headwater"
    config_class = HeadwaterConfig

    def __init__(self, config: HeadwaterConfig) -> None:
        self.emitter = Emitter(**config.settings)

    def emit(self, event: Any) -> None:
        self.emitter.emit(Serde.to_dict(event))

    def close(self, timeout: float = -1) -> bool:
        """Wait for what was emitted, up to `timeout` seconds; below 0, as long as it takes."""
        everything_out = self.emitter.flush(timeout if timeout >= 0 else threading.TIMEOUT_MAX)
        self.emitter.close()
        return everything_out
