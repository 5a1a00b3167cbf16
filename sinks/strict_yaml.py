"""YAML read strictly: what a text says twice, or by detours, is refused, with its line."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from ..schemas.errors import HeadwaterError

T = TypeVar("T")

_DEPTH_MAX = 20
_STRANGE = (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)
_OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)

Place = tuple[str | int, ...]


class StrictYamlError(HeadwaterError):
    """A text is no YAML, or does not say what it should."""


def read(text: str, origin: str, validated: Callable[[dict[str, Any]], T]) -> T:
    """Return what a text says.

    Args:
        text: A mapping, in YAML.
        origin: What the text is called in complaints.
        validated: Makes the answer of the mapping, its lists as tuples; by pydantic.

    Raises:
        StrictYamlError: If it says what it cannot; with the line.
    """
    lines: dict[Place, int] = {}
    try:
        said = _plain(text, lines)
        if not isinstance(said, dict):
            raise StrictYamlError(f"{origin}, line 1: is no mapping of words to what they mean")
        return validated(_tuples(said))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StrictYamlError(f"{origin}, line {line}: {error.problem}") from error
    except ValidationError as error:
        raise StrictYamlError("; ".join(_complaints(error, origin, lines))) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise StrictYamlError(f"{origin}: is no YAML: {error}") from error


def _plain(text: str, lines: dict[Place, int]) -> Any:
    """Return what a YAML text holds, and note the line of each part.

    Anchors, tags and keys given twice are refused: a policy needs none, and each of them
    lets a text mean something else than it shows.
    """
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if isinstance(token, _STRANGE) or depth > _DEPTH_MAX:
            what = "so much nesting has" if depth > _DEPTH_MAX else "anchors, aliases and tags have"
            raise yaml.MarkedYAMLError(
                problem=f"{what} no place in a policy", problem_mark=token.start_mark
            )
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return None if node is None else _value(node, (), lines)


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*place, n), lines) for n, each in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node)
    said: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node)
        if not isinstance(key, str) or key in said:
            problem = f"`{key}` is given twice" if key in said else f"`{key}` is no word"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        said[key] = _value(value_node, (*place, key), lines)
    return said


def _scalar(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node) if isinstance(node, yaml.ScalarNode) else None


def _tuples(value: Any) -> Any:
    """Return lists as tuples, which strict reading asks for."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    return {k: _tuples(v) for k, v in value.items()} if isinstance(value, dict) else value


def _complaints(error: ValidationError, origin: str, lines: Mapping[Place, int]) -> Iterator[str]:
    for each in error.errors(include_url=False):
        place = each["loc"]
        while place and place not in lines:
            place = place[:-1]
        where = ".".join(str(part) for part in each["loc"]) or "policy"
        said = each["msg"].removeprefix("Value error, ")
        yield f"{origin}, line {lines.get(place, 1)}: `{where}` {said[0].lower()}{said[1:]}"
