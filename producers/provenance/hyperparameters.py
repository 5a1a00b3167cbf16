"""Hyperparameters: typed, flattened to dotted keys, secrets hidden."""

import argparse
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import orjson

from .secrets import hide
from .text import json_text

Scalar = str | int | float | bool | None

_VALUE_LENGTH_MAX = 1000
_DEPTH_MAX = 50
_BITS_MAX = 4096


def flatten(parameters: Any) -> dict[str, Scalar]:
    """Return hyperparameters as dotted keys and scalars.

    Args:
        parameters: A mapping, `argparse.Namespace`, dataclass (`TrainingArguments` is one),
            OmegaConf or Hydra config, pydantic or attrs object, or None.
    """
    return {key: hide(key, value) for key, value in sorted(_flat("", _plain(parameters)))}


def config_hash(flat: Mapping[str, Scalar]) -> str:
    """Return the SHA-256 of flattened hyperparameters, in hex."""
    return hashlib.sha256(orjson.dumps(flat, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    """Return mappings of what has named members, anything else as it is."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, argparse.Namespace):
        return vars(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if callable(dump := getattr(value, "model_dump", None)):
        return dump()
    if hasattr(type(value), "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__}
    return value


def _flat(key: str, value: Any, within: tuple[int, ...] = ()) -> Iterator[tuple[str, Scalar]]:
    """Yield dotted keys and scalars; what holds itself is named where it would begin again."""
    value, around = _plain(value), (*within, id(value))
    if id(value) in within or len(within) > _DEPTH_MAX:
        yield key, type(value).__qualname__
    elif isinstance(value, Mapping):
        for name in value:
            member = _text(name)
            yield from _flat(f"{key}.{member}" if key else member, _member(value, name), around)
    elif isinstance(value, list | tuple) and any(_nested(item) for item in value):
        for index, item in enumerate(value):
            yield from _flat(f"{key}.{index}", item, around)
    elif key:
        yield key, _scalar(value)


def _member(mapping: Mapping[Any, Any], name: Any) -> Any:
    """Return a member; OmegaConf raises for one that is mandatory and was never set."""
    try:
        return mapping[name]
    except Exception:
        return None


def _nested(value: Any) -> bool:
    return isinstance(_plain(value), Mapping)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float) and value - value != 0:
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        # More than JSON's writers take.
        return str(value) if value.bit_length() < _BITS_MAX else f"{value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | PurePath):
        return _text(value)[:_VALUE_LENGTH_MAX]
    if callable(item := getattr(value, "item", None)) and getattr(value, "size", None) == 1:
        return _scalar(item())
    if isinstance(value, set | frozenset):
        value = sorted(map(_text, value))
    return (
        _text(repr(value))[:_VALUE_LENGTH_MAX] if isinstance(value, list | tuple) else _named(value)
    )


def _text(value: Any) -> str:
    """Return the text of anything, or its type where it has none."""
    try:
        text = str(value)
    except Exception:
        return type(value).__qualname__
    return json_text(text)


def _named(value: Any) -> str:
    """Return a name for an object that does not change with its address."""
    if (name := getattr(value, "__qualname__", None)) is not None:
        return str(name)
    text = _text(value)
    return type(value).__qualname__ if " at 0x" in text else text[:_VALUE_LENGTH_MAX]
