"""From emit to a page, what followers cost, and what decisions cost: `python -m tests.bench.live`.

Events go the whole way on the real stack: emitter, Kafka, worker, Kafka, API, and by
server-sent events to each client. A client notes when the first record of an event reaches
it; times are those of one machine's clock.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil

from headwater.deploy.home import Home
from headwater.deploy.stack import Stack
from headwater.producers import Emitter, dataset, run
from headwater.sinks.index import Ask, LineageIndex, Way
from headwater.sinks.index.sight import Labels, Sight, Verdict

from .index import Estate, Figure, envelopes, everything, medians_ms, show, worst

RESULTS = Path(".bench/live.json")
CLIENTS = 20
EVENTS_S = 200
SECONDS = 20
FIRSTS = 5
MANY_CLIENTS = 100
NODES = 10_000


class Follower(threading.Thread):
    """A client of the live feed that notes when it first hears of each job."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._connection.request("GET", "/api/v1/live")
        self._answer: HTTPResponse = self._connection.getresponse()
        assert self._answer.status == 200
        self.heard: dict[str, float] = {}

    def run(self) -> None:
        for line in self._answer:
            at = time.time()
            if line.startswith(b"data: "):
                told = json.loads(line[6:])
                job = told.get("job") or {"name": told.get("subject", "").rpartition("/")[2]}
                self.heard.setdefault(job["name"], at)


@contextmanager
def stack() -> Iterator[Stack]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Home(Path(folder) / "home"), ("kafka", "janusgraph", "worker", "api")) as running,
    ):
        yield running


def latencies_s(running: Stack, rate: int, seconds: float, clients: int) -> np.ndarray:
    """Emit runs of jobs with names of their own; return how long each took to each client.

    All must be told of all. The emitter is connected by then, as in a process that goes on
    emitting.
    """
    url = running.endpoints.api_url
    assert url is not None
    followers = [Follower(url) for _ in range(clients)]
    for each in followers:
        each.start()
    emitted: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as spool:
        emitter = Emitter(bootstrap=running.kafka_bootstrap, spool_dir=Path(spool))
        with run("before", namespace="bench", emitter=emitter):
            pass
        assert emitter.flush(30)
        began = time.monotonic()
        # A run is two events.
        for number in range(int(rate * seconds / 2)):
            wait = began + number * 2 / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            name = f"job_{number:06d}"
            emitted[name] = time.time()
            with run(name, namespace="bench", emitter=emitter) as r:
                r.reads(dataset("db://bench", f"in_{number % 50}"))
                r.writes(dataset("db://bench", f"out_{number % 50}"))
        spent = time.monotonic() - began
        emitter.flush(30)
        _await(lambda: all(emitted.keys() <= f.heard.keys() for f in followers))
        emitter.close()
    assert spent < seconds * 1.5, "the machine cannot emit so fast"
    return np.array([f.heard[name] - at for f in followers for name, at in emitted.items()])


def first_s(running: Stack) -> float:
    """Return how long the first event of a new emitter takes to a client, the median of some."""
    follower = Follower(running.endpoints.api_url or "")
    follower.start()
    return float(np.median([_first_s(running, follower, f"first_{n}") for n in range(FIRSTS)]))


def _first_s(running: Stack, follower: Follower, name: str) -> float:
    with tempfile.TemporaryDirectory() as spool:
        emitter = Emitter(bootstrap=running.kafka_bootstrap, spool_dir=Path(spool))
        emitted_at = time.time()
        with run(name, namespace="bench", emitter=emitter):
            _await(lambda: name in follower.heard)
        emitter.close()
    return follower.heard[name] - emitted_at


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not condition():
        time.sleep(0.1)
    assert condition(), "the clients were not told"


def bench_live() -> list[Figure]:
    with stack() as running:
        latencies_s(running, 50, 2, 1)
        took = latencies_s(running, EVENTS_S, SECONDS, CLIENTS)
        first = first_s(running)
        memory = _memory_mb(running, MANY_CLIENTS)
    what = f"emit to page, {EVENTS_S} events/s, {CLIENTS} clients"
    return [
        Figure(f"{what}: p50", float(np.percentile(took, 50)), "s"),
        Figure(f"{what}: p95", float(np.percentile(took, 95)), "s", 1.0),
        Figure(f"{what}: p99", float(np.percentile(took, 99)), "s"),
        Figure("emit to page, the first event of a process", first, "s"),
        Figure("the API, nobody following", memory[0], "MB"),
        Figure(f"what {MANY_CLIENTS} followers add", memory[1] - memory[0], "MB"),
        Figure(f"the API with {MANY_CLIENTS} followers", memory[1], "MB", 150),
    ]


def _memory_mb(running: Stack, clients: int) -> tuple[float, float]:
    pid = next(each.pid for each in running.statuses() if each.name == "api")
    process = psutil.Process(pid)
    before = process.memory_info().rss / 1e6
    url = running.endpoints.api_url
    assert url is not None
    followers = [Follower(url) for _ in range(clients)]
    for each in followers:
        each.start()
    with tempfile.TemporaryDirectory() as spool:
        emitter = Emitter(bootstrap=running.kafka_bootstrap, spool_dir=Path(spool))
        for number in range(500):
            with run(f"many_{number}", namespace="bench", emitter=emitter):
                pass
        emitter.close()
    _await(lambda: all("many_499" in each.heard for each in followers))
    return before, process.memory_info().rss / 1e6


def bench_decisions() -> list[Figure]:
    """Measure what a sight adds to an answer of 10,000 names, a third of them masked."""
    estate = Estate(20_000, 60_000)
    index = LineageIndex.from_records(envelopes(estate))
    column = worst(index, estate)
    ask = Ask(depth_max=1_000, nodes_max=10**7, limit=NODES, evidence=False)
    count = index.downstream(column, ask).columns_count

    def judge(_namespace: str, _labels: Labels) -> Verdict:
        return next(verdicts)

    verdicts = iter(_cycle())
    sights: dict[str, Sight] = {"seen": Sight(lambda _n, _l: Verdict.SEEN, b"k")}
    sights["a third masked"] = Sight(judge, b"k")

    def through(sight: Sight) -> Callable[[], object]:
        def asking() -> object:
            with index.seen(sight) as seen:
                return seen.downstream(subject[sight], ask)

        return asking

    subject: dict[Sight, str] = {}
    for sight in sights.values():
        with index.seen(sight) as seen:
            node = index.closure(column, Way.DOWNSTREAM, everything()).levels[0]
            name = seen._store.names.name(int(node[0]))
            subject[sight] = f"{name[0]}/{'.'.join(name[1:])}"
    found = medians_ms(
        {
            "nothing": lambda: index.downstream(f"{column[0]}/{'.'.join(column[1:])}", ask),
            **{name: through(sight) for name, sight in sights.items()},
        },
        9,
    )
    return [
        Figure("names in the answer", min(count, NODES), "names"),
        Figure("the answer without decisions", found["nothing"], "ms"),
        *(
            Figure(f"what decisions add: {name}", found[name] - found["nothing"], "ms", 20)
            for name in sights
        ),
    ]


def _cycle() -> Iterator[Verdict]:
    while True:
        yield from (Verdict.SEEN, Verdict.MASKED, Verdict.SEEN)


def main() -> None:
    """Measure, print and keep."""
    figures = bench_decisions()
    show(figures)
    live = bench_live()
    show(live)
    RESULTS.parent.mkdir(exist_ok=True)
    kept = [
        {"name": f.name, "value": f.value, "unit": f.unit, "aim": f.aim, "met": f.met}
        for f in (*figures, *live)
    ]
    RESULTS.write_text(json.dumps(kept, indent=2))


if __name__ == "__main__":
    main()
