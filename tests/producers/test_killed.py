"""Killed between any two system calls, the spool loses nothing and goes on."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

KILLS = 1000


def test_a_thousand_kills_lose_nothing_and_never_wedge_the_spool(tmp_path: Path) -> None:
    """At random places; what was accepted comes out, numbered, and once in effect."""
    seed = int(os.environ.get("HEADWATER_TEST_SEED", random.randrange(2**32)))
    print(f"seed: HEADWATER_TEST_SEED={seed}")
    argv = [sys.executable, "-m", "tests.producers.killed", str(seed), str(KILLS), str(tmp_path)]
    left = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=200).stdout
    events, closings = shipped(tmp_path / "log")
    accepted = set((tmp_path / "accepted").read_text().split())
    places = Counter((tmp_path / "places").read_text().splitlines())

    assert left == ""
    assert accepted <= set(events.values())
    assert len(set(events.values())) == len(events)
    assert places.total() == KILLS
    assert places.keys() == PLACES
    for session in {session for session, _ in events}:
        numbers = {number for owner, number in events if owner == session}
        assert numbers == set(range(closings[session]))


PLACES = {
    "session directory made",
    "segment opened",
    "batch sent",
    "segments sent",
    "segments settled",
    "ledger written",
    "segment removed",
    "closing settled",
    "ledger removed",
}


def shipped(log: Path) -> tuple[dict[tuple[str, int], str], dict[str, int]]:
    """Return the events by session and number, and what each session says it emitted."""
    events: dict[tuple[str, int], str] = {}
    closings: dict[str, int] = {}
    for line in log.read_text().splitlines():
        session, number, value = json.loads(line)
        if number is None:
            assert value["counts"]["dropped"] == {}
            closings[session] = value["counts"]["emitted"]
        elif events.setdefault((session, number), value) != value:
            pytest.fail(f"number {number} of {session} stands for two events")
    return events, closings
