import argparse
import dataclasses
import enum
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from headwater.producers.provenance.hyperparameters import config_hash, flatten
from headwater.producers.provenance.secrets import HIDDEN, redact, redact_arguments, redact_code


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
        ("openaiApiKey", True),
        ("accessToken", True),
        ("tokenizer", False),
        ("maxTokens", False),
    ],
)
def test_secrets_are_hidden_by_their_key(key: str, hidden: bool) -> None:
    """A telling key hides its value; the tokens of text are no secret."""
    assert (flatten({key: "value"})[key] == HIDDEN) is hidden


def test_command_line_hides_secrets() -> None:
    """Both ways to give an option are seen, and settings without a dash, JSON and addresses."""
    stated = [
        "train.py",
        "--api-key",
        "abc",
        "--token=def",
        "--lr",
        "1",
        "s3://u:p@host/x",
        "db.password=abc",
        "+openai.api_key=abc",
        '{"api_key": "abcdef", "lr": 1}',
        "https://u:p@ss@host/x?a=1&access_token=abc",
    ]
    shown = [
        "train.py",
        "--api-key",
        HIDDEN,
        f"--token={HIDDEN}",
        "--lr",
        "1",
        f"s3://{HIDDEN}@host/x",
        f"db.password={HIDDEN}",
        f"+openai.api_key={HIDDEN}",
        f'{{"api_key": "{HIDDEN}", "lr": 1}}',
        f"https://{HIDDEN}@host/x?a=1&access_token={HIDDEN}",
    ]

    assert redact_arguments(stated) == shown


CODE = """\
+tokenizer = AutoTokenizer.from_pretrained("bert")
+token = read_token()
+max_tokens = 4096
+author = "somebody"
+api_key = "abcdef"
+config = {"password": 'hunter2x', "lr": 1}
+OPENAI_API_KEY=abcdefgh
+db_password: hunter2x
+url = "postgres://user:hunter2x@host/db"
"""


def test_code_loses_secrets_and_nothing_else() -> None:
    """What is quoted or a setting is hidden; expressions stay, so that a patch still applies."""
    shown = redact_code(CODE).splitlines()

    assert shown[:4] == CODE.splitlines()[:4]
    assert not [line for line in shown if "abcdef" in line or "hunter2x" in line]
    assert shown[5] == f'+config = {{"password": \'{HIDDEN}\', "lr": 1}}'


def _itself() -> dict[str, Any]:
    found: dict[str, Any] = {"lr": 0.1}
    found["self"] = found
    found["list"] = [found, {"again": found}]
    return found


class _Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


HOSTILE: list[tuple[Any, dict[str, Any]]] = [
    (_itself(), {"lr": 0.1, "self": "dict", "list.0": "dict", "list.1.again": "dict"}),
    ({"big": 2**70, "small": -(2**63) + 1}, {"big": str(2**70), "small": -(2**63) + 1}),
    ({"huge": 1 << 100_000}, {"huge": "100001 bits"}),
    ({"path": "caf\udce9"}, {"path": "caf?"}),
    ({"caf\udce9": 1}, {"caf?": 1}),
    ({"o": _Unprintable()}, {"o": "_Unprintable"}),
    ({1: {None: 2}}, {"1.None": 2}),
    ({"s": {"b", "a"}}, {"s": "['a', 'b']"}),
    ({"f": lambda: 0}, {"f": "<lambda>"}),
    ({"a/b\n<script>": "</td>"}, {"a/b\n<script>": "</td>"}),
]


@pytest.mark.parametrize(("parameters", "expected"), HOSTILE)
def test_hostile_parameters_become_json(parameters: Any, expected: dict[str, Any]) -> None:
    """Cycles, numbers and texts that JSON cannot hold, and what cannot be printed, are told."""
    found = {key.split("<locals>.")[-1]: value for key, value in flatten(parameters).items()}

    assert json.loads(orjson.dumps(flatten(parameters)))
    assert {k: str(v).split("<locals>.")[-1] for k, v in found.items()} == {
        k: str(v) for k, v in expected.items()
    }


def test_deep_parameters_end() -> None:
    """A config deeper than any is cut off, and nothing is raised."""
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"d": deep}

    assert list(flatten(deep).values()) == ["dict"]


def test_ten_thousand_parameters_are_all_told() -> None:
    """A sweep's whole grid as one config is no reason to leave anything out."""
    stated: dict[str, dict[str, float]] = {f"group{n}": {} for n in range(10)}
    for number in range(10_000):
        stated[f"group{number % 10}"][f"rate{number}"] = number / 7

    assert len(flatten(stated)) == 10_000


def test_secrets_are_known_by_their_form() -> None:
    """Keys of well-known services are hidden wherever they stand."""
    assert redact("use AKIAABCDEFGHIJKLMNOP now") == f"use {HIDDEN} now"
