import argparse
import dataclasses
import enum
from pathlib import Path
from typing import Any

import pytest

from headwater.producers.provenance.hyperparameters import config_hash, flatten
from headwater.producers.provenance.secrets import HIDDEN, redact, redact_arguments


class _Kind(enum.Enum):
    SGD = "sgd"


@dataclasses.dataclass
class _Optimizer:
    lr: float
    kind: _Kind = _Kind.SGD


@dataclasses.dataclass
class _Config:
    optimizer: _Optimizer
    layers: list[int]


CASES: list[tuple[Any, dict[str, Any]]] = [
    (None, {}),
    ({"lr": 0.1, "deep": {"a": True, "b": None}}, {"deep.a": True, "deep.b": None, "lr": 0.1}),
    (argparse.Namespace(epochs=3, out=Path("x")), {"epochs": 3, "out": "x"}),
    (
        _Config(_Optimizer(0.1), [1, 2]),
        {"layers": "[1, 2]", "optimizer.kind": "sgd", "optimizer.lr": 0.1},
    ),
    ({"stages": [{"n": 1}, {"n": 2}]}, {"stages.0.n": 1, "stages.1.n": 2}),
    ({"temperature": float("inf")}, {"temperature": "inf"}),
    ({"activation": dict}, {"activation": "dict"}),
]


@pytest.mark.parametrize(("parameters", "expected"), CASES)
def test_parameters_are_flattened_and_keep_their_types(
    parameters: Any, expected: dict[str, Any]
) -> None:
    """Whatever holds hyperparameters becomes dotted keys and scalars."""
    assert flatten(parameters) == expected


def test_omegaconf_is_resolved() -> None:
    """Interpolations are read as what they stand for; a missing value as none."""
    omegaconf = pytest.importorskip("omegaconf", reason="omegaconf is not installed")
    config = omegaconf.OmegaConf.create({"lr": 0.1, "twice": {"lr": "${lr}"}, "must": "???"})

    assert flatten(config) == {"lr": 0.1, "must": None, "twice.lr": 0.1}


def test_training_arguments_are_flattened(tmp_path: Path) -> None:
    """The arguments of a Hugging Face trainer are a dataclass like any other."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    arguments = transformers.TrainingArguments(str(tmp_path), learning_rate=0.25, use_cpu=True)

    assert flatten(arguments)["learning_rate"] == 0.25


def test_objects_have_no_address() -> None:
    """The hash of a config is the same in the next process."""
    assert flatten({"o": object()}) == {"o": "object"}
    assert config_hash({"a": 1, "b": 2}) == config_hash({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("key", "hidden"),
    [
        ("api_key", True),
        ("wandb.token", True),
        ("db_password", True),
        ("max_tokens", False),
        ("pad_token_id", False),
        ("author", False),
    ],
)
def test_secrets_are_hidden_by_their_key(key: str, hidden: bool) -> None:
    """A telling key hides its value; the tokens of text are no secret."""
    assert (flatten({key: "value"})[key] == HIDDEN) is hidden


def test_command_line_hides_secrets() -> None:
    """Both ways to give an option are seen."""
    stated = ["train.py", "--api-key", "abc", "--token=def", "--lr", "1", "s3://u:p@host/x"]
    shown = [
        "train.py",
        "--api-key",
        HIDDEN,
        f"--token={HIDDEN}",
        "--lr",
        "1",
        f"s3://{HIDDEN}@host/x",
    ]

    assert redact_arguments(stated) == shown


def test_secrets_are_known_by_their_form() -> None:
    """Keys of well-known services are hidden wherever they stand."""
    assert redact("use AKIAABCDEFGHIJKLMNOP now") == f"use {HIDDEN} now"
