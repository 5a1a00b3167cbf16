"""Show how the embedded stack fares."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from ..endpoints import NotRunningError, find_endpoints
from ..home import Home, find_home
from ..offsets import KafkaOffsets, Lag, TopicSize
from ..terminal import NOT_READY, Json, print_json, print_table

_MB = 1024 * 1024


def command(as_json: Json = False) -> None:
    """Show the running parts, their memory, the topics and what waits in them.

    Exit codes: 0 every part is ready; 3 no stack runs; 4 a part is not ready.
    """
    home = find_home()
    children = _children(home)
    ready = bool(children) and all(child["state"] == "ready" for child in children)
    topics, lags = _topics(home) if ready else ([], [])
    if as_json:
        found = {"topics": [asdict(t) for t in topics], "lags": [asdict(lag) for lag in lags]}
        print_json({"home": str(home.path), "children": children} | found)
    else:
        _show(children, topics, lags)
    if not ready:
        raise typer.Exit(NOT_READY)


def _children(home: Home) -> list[dict[str, Any]]:
    if home.holder() is None:
        raise NotRunningError(home)
    # It is not there yet while the jars are being fetched.
    written = home.children_path.exists()
    children: list[dict[str, Any]] = json.loads(home.children_path.read_text()) if written else []
    return [child | {"memory_mb": _memory_mb(child["pid"])} for child in children]


def _memory_mb(pid: int | None) -> int | None:
    """Return what a child and its own children hold."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) // _MB
    except psutil.NoSuchProcess:
        return None


def _topics(home: Home) -> tuple[Sequence[TopicSize], Sequence[Lag]]:
    offsets = KafkaOffsets(find_endpoints(home).kafka_bootstrap)
    return offsets.sizes(), offsets.lags()


def _show(
    children: Sequence[dict[str, Any]], topics: Sequence[TopicSize], lags: Sequence[Lag]
) -> None:
    columns = ("name", "state", "pid", "memory_mb", "restarts", "last_error")
    _show_table("Parts", [{column: child[column] for column in columns} for child in children])
    _show_table("Topics", [asdict(topic) for topic in topics])
    _show_table("Consumers", [asdict(lag) for lag in lags])


def _show_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        print_table(title, [list(row.values()) for row in rows], list(rows[0]))
