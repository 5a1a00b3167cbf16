"""What the services export, and the board that shows it."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from headwater.deploy.stack import Stack

pytestmark = pytest.mark.stack

BOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "headwater.json"


def queries() -> list[str]:
    """Every query of the board."""
    panels = json.loads(BOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def exported(stack: Stack) -> set[str]:
    """The names of all metrics that the services export, where Prometheus looks for them."""
    targets = json.loads(stack.home.targets_path.read_text())
    names: set[str] = set()
    for place in (place for each in targets for place in each["targets"]):
        with urllib.request.urlopen(f"http://{place}/metrics", timeout=10) as answer:
            told = re.findall(r"^# TYPE (\S+) (\S+)$", answer.read().decode(), re.MULTILINE)
        names.update(name + ("_bucket" if kind == "histogram" else "") for name, kind in told)
    return names


def test_the_board_asks_for_nothing_that_is_not_exported(whole_stack: Stack) -> None:
    """A metric that is renamed leaves no empty panel behind."""
    asked = {name for query in queries() for name in re.findall(r"headwater_\w+", query)}
    assert len(asked) > 15
    assert set() == asked - exported(whole_stack)


def test_every_service_of_ours_is_a_target(whole_stack: Stack) -> None:
    """By its own name, which the board tells them apart by."""
    targets = json.loads(whole_stack.home.targets_path.read_text())
    jobs = {each["labels"]["job"] for each in targets}
    assert {"worker", "graph-sink", "ledger", "gateway", "api"} == jobs
