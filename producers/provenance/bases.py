"""Models that a model was made from, as far as its own configuration tells.

A model of Hugging Face carries a configuration that is saved with it. What a run made is
marked there, so that a later run that loads it knows its base exactly.
"""

from collections.abc import Mapping
from typing import Any

MARK = "headwater"
"""The member of a configuration that names what it configures: `namespace`, `name`, `version`,
`run_id`."""

HUB = "hf://models"
"""The namespace of models that only the hub's name of them tells."""


def found(model: Any, *, run_id: str) -> list[dict[str, str]]:
    """Return what a model was made from; nothing where it does not tell.

    Args:
        model: A model as a library holds it in memory.
        run_id: The run that asks, which is no base of its own model.
    """
    adapters = getattr(model, "peft_config", None)
    if isinstance(adapters, Mapping):
        return [base for adapter in adapters.values() for base in _adapted(adapter)]
    config = getattr(model, "config", None)
    mark = getattr(config, MARK, None)
    if isinstance(mark, Mapping):
        return [] if mark.get("run_id") == run_id else [_marked(mark)]
    return _base(getattr(config, "_name_or_path", None), getattr(config, "_commit_hash", None))


def mark(model: Any, *, namespace: str, name: str, version: str, run_id: str) -> None:
    """Let a model's configuration, where it has one that is saved with it, name its version."""
    config = getattr(model, "config", None)
    if hasattr(config, "to_diff_dict"):
        named = {"namespace": namespace, "name": name, "version": version, "run_id": run_id}
        setattr(config, MARK, named)


def _marked(stated: Mapping[str, Any]) -> dict[str, str]:
    members = {key: str(stated.get(key, "")) for key in ("namespace", "name", "version")}
    return {**members, "relation": "finetuned"}


def _adapted(adapter: Any) -> list[dict[str, str]]:
    name = getattr(adapter, "base_model_name_or_path", None)
    return _base(name, getattr(adapter, "revision", None), relation="adapter")


def _base(name: Any, version: Any, relation: str = "finetuned") -> list[dict[str, str]]:
    if not isinstance(name, str) or not name:
        return []
    stated = {"namespace": HUB, "name": name, "relation": relation}
    return [stated | ({"version": version} if isinstance(version, str) else {})]
