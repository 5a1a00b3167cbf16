"""Client: the questions of the index, asked of its API over HTTP, with the same answers."""

import http.client
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import SplitResult, urlencode, urlsplit

from pydantic import TypeAdapter, ValidationError

from ...schemas.errors import HeadwaterError
from ...schemas.records import TrainingProfile
from ..answers import (
    AmbiguousSubjectError,
    Annotated,
    DeadLetter,
    Diff,
    Impact,
    ModelsAtRisk,
    ModelUse,
    Named,
    Page,
    Passport,
    Path,
    PiiReport,
    Reach,
    RunSummary,
    Search,
    Trace,
    UnknownSubjectError,
)
from ..ask import LIMIT, NOW, Ask

T = TypeVar("T")

Subject = str | Named
Pairs = Iterable[tuple[str, object]]

FAR = Ask(depth_max=10_000, nodes_max=1_000_000)
"""As far as the API goes: an answer that is cut says less than one is asked for."""

_PREFIX = "/api/v1"
_PII_PARAMETERS = frozenset({"as_of", "known_at", "depth", "nodes", "limit", "start"})
_ERRORS: dict[str, type[HeadwaterError]] = {
    "unknown_subject": UnknownSubjectError,
    "ambiguous_subject": AmbiguousSubjectError,
}


class ApiUnavailableError(HeadwaterError):
    """The API does not answer, or not as it should."""


class ApiRefusedError(HeadwaterError):
    """The API refuses a question.

    Args:
        code: The word that says why, as in the API's error objects.
    """

    def __init__(self, code: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class Client:
    """Asks the API what `LineageIndex` answers in memory. Thread-safe: it keeps no connection.

    Every question raises, besides what it raises in memory:
        ApiUnavailableError: If there is no answer, or none of this API.
        ApiRefusedError: If the API refuses, such as without a valid token.

    Args:
        url: Where the API is, such as `http://127.0.0.1:8090`.
        token: What it knows the caller by; loopback needs none.
        timeout_s: How long to wait for each answer.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout_s: float = 30.0) -> None:
        self._url = _checked(url)
        self._headers = {"accept": "application/json"}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._timeout_s = timeout_s

    def downstream(self, subject: Subject, ask: Ask = NOW) -> Reach:
        """Return what depends on a column or dataset."""
        return self._about(Reach, "downstream", subject, ask)

    def upstream(self, subject: Subject, ask: Ask = NOW) -> Reach:
        """Return what a column or dataset depends on."""
        return self._about(Reach, "upstream", subject, ask)

    def impact(self, subject: Subject, ask: Ask = NOW) -> Impact:
        """Return what breaks if a column or dataset is dropped, with jobs and models."""
        return self._about(Impact, "impact", subject, ask)

    def trace(self, subject: Subject, ask: Ask = NOW) -> Trace:
        """Return where a model, column or dataset comes from; of a model, its latest version."""
        return self._about(Trace, "trace", subject, ask)

    def readers(self, subject: Subject, ask: Ask = NOW) -> tuple[ModelUse, ...]:
        """Return the versions of models that read a column or dataset, or what is made of it."""
        answer: tuple[ModelUse, ...] = self._about(tuple[ModelUse, ...], "readers", subject, ask)
        return answer

    def models_at_risk(self, subject: Subject, ask: Ask = NOW) -> ModelsAtRisk:
        """Return the versions of models that break if a column or dataset is dropped."""
        return self._about(ModelsAtRisk, "models-at-risk", subject, ask)

    def annotated(
        self,
        subject: Subject | None = None,
        ask: Ask = NOW,
        *,
        on: Literal["dataset", "job", "model"] | None = None,
    ) -> Page[Annotated]:
        """Return what is said of a thing; of all of which anything is said if it is None."""
        said: list[tuple[str, object]] = [("limit", ask.limit), ("start", ask.start)]
        stated = (
            ("subject", None if subject is None else _text(subject)),
            ("on", on),
            ("as_of", ask.as_of),
            ("known_at", ask.known_at),
        )
        said += [pair for pair in stated if pair[1] is not None]
        return self._asked(Page[Annotated], "/annotations", said)

    def pii(self, subject: Subject, policy: str | None = None, ask: Ask = FAR) -> PiiReport:
        """Return what classified data a dataset, column or model shows.

        Args:
            subject: The report.
            policy: The text of a policy; the default policy if None.
            ask: As of when, how far to go, and which columns to list.
        """
        said = (
            ("subject", _text(subject)),
            *(pair for pair in _pairs(ask) if pair[0] in _PII_PARAMETERS),
        )
        return self._asked(PiiReport, "/lineage/pii", said, policy)

    def path(self, source: Subject, target: Subject, ask: Ask = NOW) -> Path:
        """Return the strongest, then shortest way from one column or dataset to another."""
        ends = (("source", _text(source)), ("target", _text(target)))
        return self._asked(Path, "/lineage/path", (*ends, *_pairs(ask)))

    def diff(
        self, before: datetime, after: datetime, subject: Subject | None = None, ask: Ask = NOW
    ) -> Diff:
        """Return what changed between two times, and by which run and commit."""
        said = [("before", before), ("after", after)]
        if subject is not None:
            said.append(("subject", _text(subject)))  # type: ignore[arg-type]
        left_out = ("as_of", "namespace", "tag", "kind", "evidence")
        pairs = (pair for pair in _pairs(ask) if pair[0] not in left_out)
        return self._asked(Diff, "/lineage/diff", (*said, *pairs))

    def search(
        self, text: str, *, mode: Literal["prefix", "substring"] = "substring", limit: int = 20
    ) -> Search:
        """Return what is named so, upper or lower case alike."""
        return self._asked(Search, "/search", (("q", text), ("mode", mode), ("limit", limit)))

    def runs(self, *, limit: int = LIMIT, start: int = 0) -> Page[RunSummary]:
        """Return the runs, those heard of last first."""
        return self._asked(Page[RunSummary], "/runs", (("limit", limit), ("start", start)))

    def profiles(self, run_id: str, *, limit: int = LIMIT, start: int = 0) -> Page[TrainingProfile]:
        """Return the windows of a run's training as they were recorded, by rank, in order."""
        said = (("run", run_id), ("limit", limit), ("start", start))
        return self._asked(Page[TrainingProfile], "/profiles", said)

    def models(
        self, name: str | None = None, *, limit: int = LIMIT, start: int = 0
    ) -> Page[Passport]:
        """Return versions of models by name, with what made them; all if no name is given."""
        said: list[tuple[str, object]] = [("limit", limit), ("start", start)]
        said += [("name", name)] if name is not None else []
        return self._asked(Page[Passport], "/models", said)

    def dead_letters(self, *, limit: int = LIMIT, start: int = 0) -> Page[DeadLetter]:
        """Return the latest refused messages, the newest first."""
        return self._asked(Page[DeadLetter], "/dead-letters", (("limit", limit), ("start", start)))

    def _about(self, kind: type[T], word: str, subject: Subject, ask: Ask) -> T:
        said = (("subject", _text(subject)), *_pairs(ask))
        return self._asked(kind, f"/lineage/{word}", said)

    def _asked(self, kind: type[T], path: str, said: Pairs, text: str | None = None) -> T:
        query = urlencode([(n, _said(v)) for n, v in said])
        status, body = self._sent(f"{_PREFIX}{path}?{query}", text)
        if status != 200:
            raise _refusal(status, body)
        try:
            return TypeAdapter(kind).validate_json(body)
        except ValidationError as error:
            raise ApiUnavailableError(
                f"what {self._url.geturl()} answers is none of the answers known here: "
                f"{error.errors()[0]['msg']}",
                remedy="Let client and API be of the same version of Headwater.",
            ) from None

    def _sent(self, path: str, text: str | None) -> tuple[int, bytes]:
        url = self._url
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        with closing(kind(url.hostname or "", url.port, timeout=self._timeout_s)) as connection:
            try:
                method, body = ("GET", None) if text is None else ("POST", text.encode())
                path = url.path.rstrip("/") + path
                connection.request(method, path, body, headers=self._headers)
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                raise ApiUnavailableError(
                    f"the API at {url.geturl()} does not answer: {error or type(error).__name__}",
                    remedy="See `headwater status`, or name another with `--api URL`.",
                ) from None


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HeadwaterError(
            f"{url!r} is no address of an API", remedy="Give one such as http://127.0.0.1:8090."
        )
    return parts


def _refusal(status: int, body: bytes) -> HeadwaterError:
    try:
        error = json.loads(body)["error"]
        code, message, remedy = error["code"], str(error["message"]), error["remedy"]
    except (ValueError, KeyError, TypeError):
        return ApiUnavailableError(f"the API answers with status {status} and no reason")
    if code in _ERRORS:
        return _ERRORS[code](message, remedy=remedy)
    return ApiRefusedError(code, message, remedy=remedy)


def _text(subject: Subject) -> str:
    if isinstance(subject, str):
        return subject
    return f"{subject[0]}/{'.'.join(subject[1:])}"


def _said(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
    return str(value)


def _pairs(ask: Ask) -> Iterator[tuple[str, Any]]:
    """Yield how a question is to be answered as query parameters."""
    for name, value in (("as_of", ask.as_of), ("known_at", ask.known_at)):
        if value is not None:
            yield name, value
    yield from (("subtype", each) for each in sorted(ask.filter.subtypes))
    yield from (("namespace", each) for each in sorted(ask.filter.namespaces))
    yield from (("tag", each) for each in sorted(ask.filter.tags))
    if ask.filter.kind is not None:
        yield "kind", ask.filter.kind
    yield "direct_only", ask.filter.direct_only
    yield "evidence", ask.evidence
    yield "depth", ask.depth_max
    yield "nodes", ask.nodes_max
    yield "limit", ask.limit
    yield "start", ask.start
