"""Who may see what, and may do what: roles from a YAML file, and the judges that they make.

    roles:
      analyst:
        - see: {namespace: "postgres://warehouse*"}
        - mask: {classification: [pii, restricted]}
        - hide: {namespace: "postgres://warehouse/hr*", tag: payroll}
      operator:
        - may: [operations, dead-letters, redrive]
    holders:
      ana: [analyst]
      otto: [analyst, operator]
    claims:
      groups: {data-platform: [engineer]}

Of the rules of a role that fit a thing the strictest holds; where none fits, it is hidden.
Of several roles the most generous counts. A column is never seen better than its dataset.
What cannot be told in part is for those only whose role `may`.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...schemas.errors import HeadwaterError
from ..index.sight import Judge, Labels, Verdict
from ..strict_yaml import StrictYamlError, read

_BYTES_MAX = 1024 * 1024
_VERDICTS = {"see": Verdict.SEEN, "mask": Verdict.MASKED, "hide": Verdict.HIDDEN}
_REMEDY = "Correct the file; docs/api.md shows a whole one."


class Power(StrEnum):
    """What a role may do besides seeing lineage: of none of it can a part be told.

    LEDGER: read messages of the log, and their proofs.
    DEAD_LETTERS: read what was refused, which may be anything.
    OPERATIONS: read counts of the whole: topics, lags, losses, metrics.
    REDRIVE: send dead letters on their way again.
    """

    LEDGER = "ledger"
    DEAD_LETTERS = "dead-letters"
    OPERATIONS = "operations"
    REDRIVE = "redrive"


READING = frozenset(Power) - {Power.REDRIVE}
"""What whoever sees everything may do anyhow: it shows them nothing that is hidden."""


def _listed(said: object) -> object:
    return (said,) if isinstance(said, str) else said


def _words(said: object) -> object:
    if said == ():
        raise ValueError("names nothing: leave it out, or say what is meant")
    return _listed(said)


def _powers(said: object) -> object:
    words = [each.value for each in Power]
    listed = _words(said)
    if isinstance(listed, tuple) and (unknown := [each for each in listed if each not in words]):
        raise ValueError(f"`{unknown[0]}` is none of {', '.join(words)}")
    return tuple(map(Power, listed)) if isinstance(listed, tuple) else listed


Word = Annotated[str, Field(min_length=1)]
# An empty list would fit everything, and mean nothing of the kind.
Words = Annotated[tuple[Word, ...], BeforeValidator(_words)]
Powers = Annotated[tuple[Power, ...], BeforeValidator(_powers)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ignored_types=(cached_property,)
    )


class Match(_Part):
    """Which things a rule is about: all that is stated must fit, of several words any.

    Attributes:
        namespace: Patterns as of files: `*`, `?`, `[a-z]`.
        tag, classification: Values of annotations, upper or lower case alike.
    """

    namespace: Words | None = None
    tag: Words | None = None
    classification: Words | None = None

    @cached_property
    def _namespaces(self) -> re.Pattern[str]:
        return re.compile("|".join(translate(each) for each in self.namespace or ("*",)), re.DOTALL)

    def fits(self, namespace: str, labels: Labels) -> bool:
        """Whether a thing in a namespace, with these labels, is meant."""
        # A name may itself hold what patterns are made of, such as the brackets of an address.
        exactly = namespace in (self.namespace or ())
        return (exactly or self._namespaces.match(namespace) is not None) and all(
            wanted is None or any((key, _folded(word)) in labels for word in wanted)
            for key, wanted in (("tag", self.tag), ("classification", self.classification))
        )


class Rule(_Part):
    """What may be seen of the things that fit, or done: exactly one of the four."""

    see: Match | None = None
    mask: Match | None = None
    hide: Match | None = None
    may: Powers | None = None

    @model_validator(mode="after")
    def _one(self) -> "Rule":
        if sum(getattr(self, word) is not None for word in (*_VERDICTS, "may")) != 1:
            raise ValueError("a rule is one of see, mask, hide and may")
        return self

    @cached_property
    def verdict(self) -> tuple[Match, Verdict] | None:
        """What it is about, and what it says; None if it is about what may be done."""
        said = ((getattr(self, word), verdict) for word, verdict in _VERDICTS.items())
        return next((each for each in said if each[0] is not None), None)


class Policy(_Part):
    """Roles, and who has them.

    Attributes:
        holders: Names of tokens' holders, and subjects of JWTs, to roles.
        claims: Claims of JWTs to values to roles.
    """

    roles: Mapping[Word, tuple[Rule, ...]]
    holders: Mapping[Word, tuple[str, ...]] = {}
    claims: Mapping[Word, Mapping[Word, tuple[str, ...]]] = {}

    @model_validator(mode="after")
    def _known(self) -> "Policy":
        by_claim = (each for values in self.claims.values() for each in values.values())
        named = {role for roles in (*self.holders.values(), *by_claim) for role in roles}
        if unknown := sorted(named - self.roles.keys()):
            raise ValueError(f"no rules are given for the roles {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _agreeing(self) -> "Policy":
        for role, rules in self.roles.items():
            said: dict[Match, Verdict] = {}
            for match, verdict in _verdicts(rules):
                if said.setdefault(match, verdict) is not verdict:
                    words = match.model_dump(exclude_none=True) or "all things"
                    raise ValueError(f"the role {role} says two things of {words}")
        return self

    def roles_of(self, holder: str, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return the roles of somebody; a claim is a word or a list of words, or says nothing."""
        found = set(self.holders.get(holder, ()))
        for claim, values in self.claims.items():
            said = _listed(claims.get(claim))
            for value in said if isinstance(said, tuple | list) else ():
                found.update(values.get(value, ()) if isinstance(value, str) else ())
        return frozenset(found)

    def judge(self, roles: Iterable[str]) -> Judge:
        """Return what says what somebody with these roles may see."""
        rules = [_verdicts(self.roles[role]) for role in sorted(roles)]

        def judge(namespace: str, labels: Labels) -> Verdict:
            folded = frozenset((key, _folded(value)) for key, value in labels)
            of_roles = (
                [verdict for match, verdict in role if match.fits(namespace, folded)]
                for role in rules
            )
            return max((min(each) for each in of_roles if each), default=Verdict.HIDDEN)

        return judge

    def everything(self, roles: Iterable[str]) -> bool:
        """Whether somebody with these roles sees all there is: a role that only says so."""
        return any(_verdicts(self.roles[role]) == [(Match(), Verdict.SEEN)] for role in roles)

    def powers(self, roles: Iterable[str]) -> frozenset[Power]:
        """Return what somebody with these roles may do."""
        rules = (rule for role in roles for rule in self.roles[role])
        stated = frozenset(power for rule in rules for power in rule.may or ())
        return stated | READING if self.everything(roles) else stated


def _folded(word: str) -> str:
    return word.strip().casefold()


def _verdicts(rules: Iterable[Rule]) -> list[tuple[Match, Verdict]]:
    return [rule.verdict for rule in rules if rule.verdict is not None]


def read_policy(path: Path) -> Policy:
    """Read a policy.

    Raises:
        HeadwaterError: If it cannot be read, or says what it cannot; with the line.
    """
    try:
        data = path.read_bytes()
        if len(data) > _BYTES_MAX:
            raise HeadwaterError(f"{path} is no policy: it is larger than 1 MiB", remedy=_REMEDY)
        return read(data.decode(), str(path), Policy.model_validate)
    except OSError as error:
        raise HeadwaterError(f"the policy {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise HeadwaterError(f"the policy {path} is no UTF-8: {error}", remedy=_REMEDY) from None
    except StrictYamlError as error:
        raise HeadwaterError(f"the policy {error.message}", remedy=_REMEDY) from None
