"""Query parameters: how each is read, and how it stands in the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from ...schemas.topics import EVENTS, RECORDS
from ..ask import DEPTH_MAX, NODES_MAX, Ask, Filter
from ..dates import FORMS, read_date
from .problem import ProblemError

LIMIT = 100
LIMIT_MAX = 10_000
NODES_CEILING = 1_000_000
DEPTH_CEILING = 10_000
TEXT_LENGTH_MAX = 4_096
PICTURE = 300


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter.

    Attributes:
        read: Turns the text into a value; raises ValueError with what it should be.
        default: What holds where it is not given; a required one has none.
    """

    name: str
    description: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    default: Any = None
    required: bool = False
    repeated: bool = False

    def value(self, query: QueryParams) -> Any:
        """Return what a request says.

        Raises:
            ProblemError: If it says nothing where it must, or what cannot be.
        """
        texts = query.getlist(self.name)
        if not texts:
            if self.required:
                raise _invalid(self.name, "is missing")
            return self.default
        if len(texts) > 1 and not self.repeated:
            raise _invalid(self.name, "is given more than once")
        try:
            values = [self.read(text[:TEXT_LENGTH_MAX]) for text in texts]
        except ValueError as error:
            raise _invalid(self.name, str(error)) from None
        return frozenset(values) if self.repeated else values[0]

    def document(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI has it."""
        schema: dict[str, Any] = dict(self.schema)
        if self.repeated:
            schema = {"type": "array", "items": schema}
        elif self.default is not None:
            schema["default"] = self.default
        return {
            "name": self.name,
            "in": "query",
            "required": self.required,
            "description": self.description,
            "schema": schema,
        }


def values(parameters: tuple[Parameter, ...], query: QueryParams) -> dict[str, Any]:
    """Return what a request says for each parameter.

    Raises:
        ProblemError: If it says what cannot be, or names a parameter that there is not.
    """
    unknown = set(query) - {parameter.name for parameter in parameters}
    if unknown:
        raise _invalid(min(unknown), "is not a parameter here")
    return {parameter.name: parameter.value(query) for parameter in parameters}


def ask_of(said: Mapping[str, Any]) -> Ask:
    """Return how a question is to be answered."""
    return Ask(
        as_of=said.get("as_of"),
        known_at=said.get("known_at"),
        filter=Filter(
            direct_only=said["direct_only"],
            subtypes=said["subtype"],
            namespaces=said.get("namespace", frozenset()),
            kind=said.get("kind"),
            tags=said.get("tag", frozenset()),
        ),
        depth_max=said["depth"],
        nodes_max=said["nodes"],
        limit=said["limit"],
        start=said["start"],
        evidence=said.get("evidence", True),
    )


def _invalid(name: str, why: str) -> ProblemError:
    return ProblemError(
        400, "invalid_parameter", f"`{name}` {why}", remedy="See /openapi.json for what it takes."
    )


def _text(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _time(text: str) -> datetime:
    try:
        return read_date(text)
    except ValueError:
        # A plus of a time zone that was not escaped arrives as a space.
        return read_date("+".join(text.rsplit(" ", 1)))


def _flag(text: str) -> bool:
    return _one_of("true", "false")(text) == "true"


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
            raise ValueError(f"is no number from {least} to {most}")
        return int(text)

    return read


def _integer(name: str, description: str, least: int, most: int, default: int | None) -> Parameter:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, description, _number(least, most), schema, default)


def _moment(name: str, description: str, *, required: bool = False) -> Parameter:
    schema = {"type": "string", "examples": FORMS.split(", ")}
    return Parameter(name, description, _time, schema, required=required)


def _name(name: str, description: str, *, required: bool = True) -> Parameter:
    return Parameter(name, description, _text, {"type": "string"}, required=required)


def _words(name: str, description: str) -> Parameter:
    return Parameter(name, description, _text, {"type": "string"}, frozenset(), repeated=True)


def _choice(name: str, description: str, words: tuple[str, ...], default: str | None) -> Parameter:
    return Parameter(
        name, description, _one_of(*words), {"type": "string", "enum": list(words)}, default
    )


SUBJECT = _name("subject", "A column or dataset: its full name, or the end of it.")
SOURCE = _name("source", "Where the path begins: a column or dataset.")
TARGET = _name("target", "Where the path ends: a column or dataset.")
ANY_THING = _name("subject", "Only what is said of this.", required=False)
ON = _choice(
    "on", "Of which kind the subject is, where names are alike.", ("dataset", "job", "model"), None
)
ANY_SUBJECT = _name("subject", "Only what lies up- or downstream of this.", required=False)
BEFORE = _moment("before", "The one time.", required=True)
AFTER = _moment("after", "The other time.", required=True)
KNOWN_AT = _moment("known_at", "By the records that were known then.")
MODEL = _name("name", "Only this model: NAME, NAME@VERSION, or with NAMESPACE/.", required=False)
TEXT = _name("q", "What to look for in names.")
MODE = _choice(
    "mode", "Whether a part of the name must begin so.", ("prefix", "substring"), "substring"
)
PAGE = (
    _integer("limit", "How many to list at most.", 1, LIMIT_MAX, LIMIT),
    _integer("start", "How many to leave out first.", 0, 10**9, 0),
)
LINKS = (
    Parameter(
        "direct_only", "Follow values only, no filters or joins.", _flag, {"type": "boolean"}, False
    ),
    _words("subtype", "Follow links of this subtype only, such as IDENTITY; may be repeated."),
    _integer("depth", "How many hops to go at most.", 1, DEPTH_CEILING, DEPTH_MAX),
    _integer("nodes", "How many names to visit at most.", 1, NODES_CEILING, NODES_MAX),
)
FAR = (
    _integer("depth", "How many hops to go at most.", 1, DEPTH_CEILING, DEPTH_CEILING),
    _integer("nodes", "How many names to visit at most.", 1, NODES_CEILING, NODES_CEILING),
)
AS_OF = _moment("as_of", "By what was true then: of each job, its last run at or before.")
RUN = _name("run", "The run's id.")
QUIET = _integer("quiet_min", "Minutes without a word before a run counts as lost.", 1, 10**6, 60)
STALE = _integer("stale_days", "Days without a run before a derivation is stale.", 1, 10**5, 30)
TOPIC = _choice("topic", "What the ledger commits to.", (RECORDS.name, EVENTS.name), RECORDS.name)
PARTITION = _integer("partition", "The partition.", 0, 10**6, 0)
OFFSET = _integer("offset", "The offset.", 0, 2**63 - 1, 0)
BEFORE_OFFSET = _integer("before", "Only messages before this offset.", 0, 2**63 - 1, None)
WAY = _choice("way", "Where to look.", ("upstream", "downstream", "both"), "both")
HOPS = _integer("depth", "How many hops to go at most.", 1, DEPTH_CEILING, 3)
BEYOND = (
    _words("upstream_of", "Show what is next upstream of this dataset, too; may be repeated."),
    _words("downstream_of", "Show what is next downstream of this dataset, too; may be repeated."),
)
DATASETS = _integer("datasets", "How many datasets to show at most.", 1, NODES_CEILING, PICTURE)
WALK = (
    AS_OF,
    KNOWN_AT,
    *LINKS,
    _words("namespace", "List what lies in this namespace only; may be repeated."),
    _words(
        "tag",
        "List what has this tag or classification only, or lies in a dataset that has; "
        "may be repeated.",
    ),
    Parameter(
        "evidence", "Say by which link each name was reached.", _flag, {"type": "boolean"}, True
    ),
    _choice("kind", "List only columns, or only datasets.", ("column", "dataset"), None),
    *PAGE,
)
