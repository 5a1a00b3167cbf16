"""Where the running stack can be reached."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from ..schemas.errors import HeadwaterError
from .home import Home, write_json


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of a running stack.

    Attributes:
        gremlin_url: None where the stack runs without a graph.
        metrics_urls: Prometheus metrics of each of our own services, by its name.
        openlineage_url: What OpenLineage's HTTP clients take as OPENLINEAGE_URL.
        api_url: Where questions of lineage are answered; what `Client` takes.
    """

    kafka_bootstrap: str
    gremlin_url: str | None = None
    metrics_urls: Mapping[str, str] = field(default_factory=dict)
    openlineage_url: str | None = None
    api_url: str | None = None


class NotRunningError(HeadwaterError):
    """No stack runs in this home."""

    exit_code = 3

    def __init__(self, home: Home) -> None:
        remedy = "Start it with `headwater up`."
        super().__init__(f"no stack runs in {home.path}", remedy=remedy)


def publish(home: Home, endpoints: Endpoints) -> None:
    """Let other processes find the stack, Prometheus among them."""
    write_json(home.endpoints_path, asdict(endpoints))
    write_json(home.targets_path, _targets(endpoints))


def _targets(endpoints: Endpoints) -> list[dict[str, object]]:
    """Return what Prometheus scrapes, as its file-based service discovery reads it."""
    return [
        {"targets": [urlsplit(url).netloc], "labels": {"job": name}}
        for name, url in endpoints.metrics_urls.items()
    ]


def withdraw(home: Home) -> None:
    """Say that nothing can be reached here, or not yet."""
    home.endpoints_path.unlink(missing_ok=True)
    home.targets_path.unlink(missing_ok=True)
    home.children_path.unlink(missing_ok=True)


def find_endpoints(home: Home) -> Endpoints:
    """Return the addresses of the stack that runs in a home.

    Raises:
        HeadwaterError: None runs there.
    """
    if home.holder() is None:
        raise NotRunningError(home)
    try:
        return Endpoints(**json.loads(home.endpoints_path.read_text()))
    except FileNotFoundError:
        raise HeadwaterError(
            f"the stack in {home.path} is still starting",
            remedy="Wait for it: `headwater status` shows how far it is.",
        ) from None


def find_graph(home: Home) -> str:
    """Return the address of the graph of the stack that runs in a home.

    Raises:
        HeadwaterError: None runs there, or one without a graph.
    """
    url = find_endpoints(home).gremlin_url
    if url is None:
        raise HeadwaterError(
            f"the stack in {home.path} runs without a graph",
            remedy="Start it with one: `headwater down`, then `headwater up`.",
        )
    return url
