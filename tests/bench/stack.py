"""How long the embedded stack takes until it is ready and stopped, and what it holds.

`python -m tests.bench.stack [STARTS]`: the first start is into an empty home with the jars in
the cache, the others into the same home. What bounds it: two JVMs that load and compile their
classes at the same time, so that with two cores a start is nearly all processor time.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from headwater.deploy.home import Home
from headwater.deploy.stack import Stack

OUT = Path(".bench/stack.json")
_MB = 1024 * 1024


def main() -> None:
    """Start and stop the stack, print the table, write the file."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        measured = [_once(home) for _ in range(starts)]
    first, later = measured[0], measured[1:]
    rows = [
        _row("ready, empty home", first[0], "s", 30),
        _row("ready, median of later starts", median(ready for ready, _, _ in later), "s", 30),
        _row("memory of all processes, most", max(memory for _, memory, _ in measured), "MB", 2048),
        _row("stopped, median", median(stopped for _, _, stopped in measured), "s", 20),
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2) + "\n")
    for row in rows:
        met = "met" if row["met"] else "MISSED"
        print(f"{row['name']:32} {row['value']:8} {row['unit']:3} aim {row['aim']:5} {met}")


def _once(home: Home) -> tuple[float, float, float]:
    """Return the seconds until ready, the megabytes held then, the seconds until stopped."""
    began = time.monotonic()
    with Stack(home) as stack:
        ready_s = time.monotonic() - began
        memory_mb = sum(_memory_mb(status.pid or 0) for status in stack.statuses())
        stopping = time.monotonic()
    return ready_s, memory_mb, time.monotonic() - stopping


def _memory_mb(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family) / _MB


def _row(name: str, value: float, unit: str, aim: float) -> dict[str, object]:
    return {"name": name, "value": round(value, 1), "unit": unit, "aim": aim, "met": value <= aim}


if __name__ == "__main__":
    main()
