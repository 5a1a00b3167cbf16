"""Shipping over HTTP, as OpenLineage's clients post: one request for each event."""

import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

from ...schemas import topics
from ..frames import Frame
from . import GiveUp, Refusal, UnreachableError

_TIMEOUT_S = 10.0
# The server's word on this one event. Any other error may be gone tomorrow: a token is
# renewed, a route appears, an overload ends.
_FINAL_STATUSES = frozenset((400, 413, 422))


class HttpTransport:
    """Posts each event on a connection that is kept.

    The session and number of an event travel as headers, which Headwater's gateway puts onto
    the Kafka message. Events of another topic than lineage events have no such door and are
    refused.

    Args:
        url: Where to post, such as `https://lineage.example.com/api/v1/lineage`.
        api_key: The bearer token.
    """

    def __init__(self, url: str, api_key: str | None) -> None:
        self.down = False
        self._refused: list[Refusal] = []
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(parts.netloc.rpartition("@")[2], timeout=_TIMEOUT_S)
        self._target = parts.path + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def send(self, session: str, batch: Sequence[Frame], give_up: GiveUp) -> None:
        for frame in batch:
            if give_up():
                raise UnreachableError("not acknowledged in time")
            if status := self._refusal(session, frame):
                self._refused.append(Refusal(frame.topic.decode(), f"http {status}"))

    def settle(self, _give_up: GiveUp) -> list[Refusal]:
        refused, self._refused = self._refused, []
        return refused

    def close(self) -> None:
        self._connection.close()

    def _refusal(self, session: str, frame: Frame) -> int | None:
        headers = {**self._headers, topics.SESSION_HEADER: session}
        if frame.sequence is not None:
            headers[topics.SEQUENCE_HEADER] = str(frame.sequence)
        status = self._post(frame.value, headers)
        if status in _FINAL_STATUSES:
            return status
        if not 200 <= status < 300:
            raise UnreachableError(f"the server answered {status}")
        return None

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            self._connection.request("POST", self._target, body, headers)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            self.down = True
            self._connection.close()
            raise UnreachableError(f"{type(error).__name__}: {error}") from error
        self.down = False
        return response.status
