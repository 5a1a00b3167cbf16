"""From settings to a transport."""

from pathlib import Path

from .config import EmitterConfig
from .console import ConsoleTransport
from .file import FileTransport
from .http import HttpTransport
from .kafka import KafkaTransport
from .transports import Transport


def connect(config: EmitterConfig) -> Transport:
    """Return the transport that the settings name."""
    match config.transport:
        case "kafka":
            return KafkaTransport({**config.kafka, "bootstrap.servers": config.bootstrap})
        case "http":
            return HttpTransport(config.url, config.api_key)
        case "file":
            return FileTransport(Path(config.file))
        case "console":
            return ConsoleTransport()
    raise ValueError(f"nothing is shipped by {config.transport}")
