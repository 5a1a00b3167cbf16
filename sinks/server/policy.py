"""Who may see what: roles from a YAML file, and the judges that they make.

    roles:
      analyst:
        - see: {namespace: "postgres://warehouse*"}
        - mask: {classification: [pii, restricted]}
        - hide: {namespace: "postgres://warehouse/hr*", tag: payroll}
    holders:
      ana: [analyst]
    claims:
      groups: {data-platform: [engineer]}

Of the rules of a role that fit a thing the strictest holds; where none fits, it is hidden.
Of several roles the most generous counts. A column is never seen better than its dataset.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from ...schemas.errors import HeadwaterError
from ..index.sight import Judge, Labels, Verdict

_BYTES_MAX = 1024 * 1024
_VERDICTS = {"see": Verdict.SEEN, "mask": Verdict.MASKED, "hide": Verdict.HIDDEN}

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Match(_Part):
    """Which things a rule is about: all that is stated must fit, of several words any.

    Attributes:
        namespace: Patterns as of files: `*`, `?`, `[a-z]`.
        tag, classification: Values of annotations, upper or lower case alike.
    """

    namespace: Words = ()
    tag: Words = ()
    classification: Words = ()

    @cached_property
    def _namespaces(self) -> re.Pattern[str]:
        return re.compile("|".join(translate(each) for each in self.namespace) or ".*", re.DOTALL)

    def fits(self, namespace: str, labels: Labels) -> bool:
        """Whether a thing in a namespace, with these labels, is meant."""
        return self._namespaces.match(namespace) is not None and all(
            not wanted or any((key, word.lower()) in labels for word in wanted)
            for key, wanted in (("tag", self.tag), ("classification", self.classification))
        )


class Rule(_Part):
    """What may be seen of the things that fit: exactly one of the three."""

    see: Match | None = None
    mask: Match | None = None
    hide: Match | None = None

    @model_validator(mode="after")
    def _one(self) -> "Rule":
        if sum(getattr(self, word) is not None for word in _VERDICTS) != 1:
            raise ValueError("a rule is one of see, mask and hide")
        return self

    @cached_property
    def verdict(self) -> tuple[Match, Verdict]:
        """What it is about, and what it says."""
        return next(
            (match, verdict)
            for word, verdict in _VERDICTS.items()
            if (match := getattr(self, word)) is not None
        )


class Policy(_Part):
    """Roles, and who has them.

    Attributes:
        holders: Names of tokens' holders, and subjects of JWTs, to roles.
        claims: Claims of JWTs to values to roles.
    """

    roles: Mapping[str, tuple[Rule, ...]]
    holders: Mapping[str, tuple[str, ...]] = {}
    claims: Mapping[str, Mapping[str, tuple[str, ...]]] = {}

    @model_validator(mode="after")
    def _known(self) -> "Policy":
        by_claim = (each for values in self.claims.values() for each in values.values())
        named = {role for roles in (*self.holders.values(), *by_claim) for role in roles}
        if unknown := sorted(named - self.roles.keys()):
            raise ValueError(f"no rules are given for the roles {', '.join(unknown)}")
        return self

    def roles_of(self, holder: str, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return the roles of somebody."""
        found = set(self.holders.get(holder, ()))
        for claim, values in self.claims.items():
            said = claims.get(claim, ())
            for value in (said,) if isinstance(said, str) else said:
                found.update(values.get(value, ()) if isinstance(value, str) else ())
        return frozenset(found)

    def judge(self, roles: Iterable[str]) -> Judge:
        """Return what says what somebody with these roles may see."""
        rules = [[rule.verdict for rule in self.roles[role]] for role in sorted(roles)]

        def judge(namespace: str, labels: Labels) -> Verdict:
            lower = frozenset((key, value.lower()) for key, value in labels)
            of_roles = (
                [verdict for match, verdict in role if match.fits(namespace, lower)]
                for role in rules
            )
            return max((min(each) for each in of_roles if each), default=Verdict.HIDDEN)

        return judge

    def everything(self, roles: Iterable[str]) -> bool:
        """Whether somebody with these roles sees all there is: a role that only says so."""
        return any(
            self.roles[role]
            and all(rule.verdict == (Match(), Verdict.SEEN) for rule in self.roles[role])
            for role in roles
        )


class _Loader(yaml.SafeLoader):
    """Refuses what YAML lets pass: of two keys that are alike, the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len({str(key) for key in keys}):
            raise yaml.MarkedYAMLError(problem="a key twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_policy(path: Path) -> Policy:
    """Read a policy.

    Raises:
        HeadwaterError: If it cannot be read, or says what it cannot.
    """
    remedy = "Correct the file; docs/api.md shows a whole one."
    try:
        text = path.read_bytes()[: _BYTES_MAX + 1]
        if len(text) > _BYTES_MAX:
            raise HeadwaterError(f"{path} is no policy: it is larger than 1 MiB", remedy=remedy)
        # A loader that is as safe as the safe one, and stricter.
        return Policy.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506
    except OSError as error:
        raise HeadwaterError(f"the policy {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise HeadwaterError(f"{path} is no YAML: {error}", remedy=remedy) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise HeadwaterError(
            f"{path} is no policy: {where}: {first['msg']}", remedy=remedy
        ) from None
