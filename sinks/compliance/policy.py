"""Policies: what counts as classified, how it travels, and what a report may show of it."""

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ...schemas.errors import HeadwaterError
from ..index.edges import EXISTENCE, UNKNOWN_COLUMNS, Kind
from ..strict_yaml import StrictYamlError, read

POLICY_BYTES_MAX = 1024 * 1024
_DEFAULT_FILE = Path(__file__).parent / "default.yaml"
_REMEDY = "Correct the file; docs/compliance.md shows a whole one."


class PolicyError(HeadwaterError):
    """A policy cannot be used."""


class Verdict(IntEnum):
    """What is left of classified values, from nothing to all of it.

    UNKNOWN lies below EXPOSED and above all that is known to be less.
    """

    NONE = -1
    MASKED = 0
    WEAKENED = 1
    UNKNOWN = 2
    EXPOSED = 3


def _verdict(value: object) -> object:
    words = [each.name.lower() for each in Verdict]
    if isinstance(value, Verdict):
        return value
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"is none of {', '.join(words)}")
    return Verdict[value.upper()]


Word = Annotated[Verdict, BeforeValidator(_verdict)]
Words = Mapping[str, tuple[Annotated[str, Field(min_length=1)], ...]]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataClass(_Part):
    """A class of data, how to tell it, and what may be shown of it.

    Attributes:
        annotations: Values by key; any of them makes a column, or all of a dataset, of
            this class.
        allowed: What a report may show at most.
        allowed_with_consent: The same where the source carries a consent record.
    """

    name: Name
    annotations: Annotated[Words, Field(min_length=1)]
    allowed: Word = Verdict.WEAKENED
    allowed_with_consent: Word = Verdict.EXPOSED


class Policy(_Part):
    """A policy; `default.yaml` says what each part means.

    Attributes:
        text: The file that it was read from.
    """

    version: Literal[1]
    name: Name
    classes: Annotated[tuple[DataClass, ...], Field(min_length=1)]
    consent: Name = "consent"
    released: Words = {}
    direct: Mapping[str, Word] = {}
    masking: Word = Verdict.MASKED
    indirect: Mapping[str, Word] = {}
    unknown_columns: Word = Verdict.UNKNOWN
    text: str = Field(default="", repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def left_by(self, kind: Kind) -> Verdict:
        """Return what an edge of a kind leaves of a value."""
        if kind.subtype == UNKNOWN_COLUMNS:
            return self.unknown_columns
        if kind.subtype == EXISTENCE:
            return Verdict.NONE
        words, other = (self.direct, Verdict.EXPOSED)
        if not kind.direct:
            words, other = (self.indirect, Verdict.UNKNOWN)
        left = words.get(kind.subtype, words.get("*", other))
        return min(left, self.masking) if kind.direct and kind.masking else left

    def class_of(self, key: str, value: str) -> DataClass | None:
        """Return the class that an annotation puts a thing in."""
        return next((each for each in self.classes if _says(each.annotations, key, value)), None)

    def releases(self, key: str, value: str) -> bool:
        """Whether an annotation vouches that nothing of its sources shows in a column."""
        return _says(self.released, key, value)


def _says(words: Words, key: str, value: str) -> bool:
    folded = value.strip().casefold()
    return any(
        folded == word.strip().casefold()
        for said, listed in words.items()
        if said.casefold() == key.casefold()
        for word in listed
    )


def read_policy(path: Path) -> Policy:
    """Read a policy from a YAML file.

    Raises:
        PolicyError: If it cannot be read, or says what no policy can; with the line.
    """
    try:
        if path.stat().st_size > POLICY_BYTES_MAX:
            raise PolicyError(f"{path} is larger than {POLICY_BYTES_MAX} bytes", remedy=_REMEDY)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot read the policy {path}: {error}") from error
    return parse_policy(text, str(path))


def parse_policy(text: str, origin: str = "policy") -> Policy:
    """Return the policy that a text of YAML says.

    Raises:
        PolicyError: If it says what no policy can; with the line.
    """
    try:
        return read(text, origin, lambda said: Policy.model_validate({**said, "text": text}))
    except StrictYamlError as error:
        raise PolicyError(error.message, remedy=_REMEDY) from error


DEFAULT = parse_policy(_DEFAULT_FILE.read_text(encoding="utf-8"), _DEFAULT_FILE.name)
"""The policy that holds where none is given."""
