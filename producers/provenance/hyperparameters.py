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

Scalar = str | int | float | bool | None

_VALUE_LENGTH_MAX = 1000


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


def _flat(key: str, value: Any) -> Iterator[tuple[str, Scalar]]:
    value = _plain(value)
    if isinstance(value, Mapping):
        for name in value:
            yield from _flat(f"{key}.{name}" if key else str(name), _member(value, name))
    elif isinstance(value, list | tuple) and any(_nested(item) for item in value):
        for index, item in enumerate(value):
            yield from _flat(f"{key}.{index}", item)
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
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | PurePath):
        return str(value)[:_VALUE_LENGTH_MAX]
    if callable(item := getattr(value, "item", None)) and getattr(value, "size", None) == 1:
        return _scalar(item())
    return (
        repr(value)[:_VALUE_LENGTH_MAX] if isinstance(value, list | tuple | set) else _named(value)
    )


def _named(value: Any) -> str:
    """Return a name for an object that does not change with its address."""
    if (name := getattr(value, "__qualname__", None)) is not None:
        return str(name)
    text = str(value)
    return type(value).__qualname__ if " at 0x" in text else text[:_VALUE_LENGTH_MAX]
