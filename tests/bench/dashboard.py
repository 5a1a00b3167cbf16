"""The pages in a browser: `make bench-dashboard`.

How large the scripts are; how long the layout takes, beside dagre's on the same graphs in the
same process; from the address to a picture of 300 and of 2,000 datasets; and from `emit()` to
the page while 200 events a second come and 20 clients follow.
"""

import gzip
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from headwater.deploy.home import Home
from headwater.deploy.stack import Stack
from headwater.producers import Emitter
from headwater.sinks.dashboard import build
from headwater.sinks.server.settings import Settings

from ..sinks.dashboard.browser import Watched, running_browser
from ..sinks.dashboard.conftest import NO_KAFKA, Serving
from ..sinks.dashboard.estate import large

ROUNDS = 5
RATE = 200
CLIENTS = 20
SECONDS = 30
WARM_S = 5
RESULTS = Path(".bench/dashboard.json")

_LAYOUT = """
import { layout } from "OURS";
import dagre from "@dagrejs/dagre";
const sizes = [[300, 600], [2000, 4000]];
const peer = (boxes, links) => {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  boxes.forEach((box, n) => graph.setNode(String(n), { ...box }));
  for (const [a, b] of links) graph.setEdge(String(a), String(b));
  dagre.layout(graph);
};
const found = {};
for (const [nodes, count] of sizes) {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const links = [];
  const near = Math.ceil(nodes / 8);
  while (links.length < count) {
    const b = 1 + Math.floor(random() * (nodes - 1));
    links.push([Math.max(0, b - 1 - Math.floor(random() * near)), b]);
  }
  const boxes = Array.from({ length: nodes }, () => ({ width: 200, height: 46 }));
  for (const [name, run] of [["ours", layout], ["dagre", peer]]) {
    const times = [];
    for (let round = 0; round < (nodes > 1000 ? 2 : 5); round++) {
      const began = performance.now();
      run(boxes, links);
      times.push(performance.now() - began);
    }
    found[`${name} ${nodes}`] = times.sort((a, b) => a - b)[times.length >> 1];
  }
}
console.log(JSON.stringify(found));
"""

Row = dict[str, object]


def main() -> None:
    """Measure, print a table and keep the figures."""
    build.build()
    rows = [scripts(), *layouts()]
    with running_browser() as browser:
        rows += [
            painted(browser, 300, "first paint of 300 datasets", 1.0),
            painted(browser, 2_000, "first paint of 2,000 datasets", 3.0),
        ]
    rows.append(emit_to_page())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    show(rows)


def scripts() -> Row:
    """Return the size of all scripts as they are sent."""
    data = b"".join(path.read_bytes() for path in build.STATIC.glob("*.js"))
    return row("all scripts, packed", len(gzip.compress(data, 9)) / 1024, "KiB", 250)


def layouts() -> Iterator[Row]:
    """Yield how long layouts take, ours and dagre's."""
    modules = build.install()
    with tempfile.TemporaryDirectory() as folder:
        entry, out = Path(folder) / "bench.mjs", Path(folder) / "out.mjs"
        entry.write_text(_LAYOUT.replace("OURS", str(build.FOLDER / "page/lineage/layout.ts")))
        flags = ("--bundle", "--format=esm", "--log-level=warning", f"--outfile={out}")
        build.run_node(modules / "esbuild/bin/esbuild", str(entry), *flags)
        times = json.loads(build.run_node(out))
    for name, ms in times.items():
        yield row(f"layout, {name} datasets", ms, "ms")


def painted(browser: Browser, datasets: int, name: str, aim_s: float) -> Row:
    """Return the time from the address to the picture."""
    subject, envelopes = large(datasets + 200, 2 * datasets)
    serving = Serving(envelopes, Settings(NO_KAFKA))
    path = urlencode({"subject": subject, "depth": "50", "datasets": str(datasets)})
    times = []
    for _ in range(ROUNDS):
        watched = Watched(browser, serving.address)
        page = watched.open(f"/lineage?{path}")
        page.locator(".graph[aria-busy=false]").wait_for()
        assert datasets == page.locator(".card").count()
        times.append(watched.painted_s())
        watched.close()
    serving.stop()
    return row(name, statistics.median(times), "s", aim_s)


def emit_to_page() -> Row:
    """Return the 95th percentile from `emit()` until the page shows the run, or a later one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Home(Path(folder) / "home"), ("kafka", "janusgraph", "worker", "api")) as stack,
        running_browser() as browser,
        clients(stack.endpoints.api_url or "", CLIENTS - 1),
    ):
        watched = Watched(browser, stack.endpoints.api_url or "")
        page = watched.open("/")
        page.get_by_text("Latest runs").wait_for()
        page.evaluate(_OBSERVE)
        spool = Path(folder) / "spool"
        emitter = Emitter(bootstrap=stack.kafka_bootstrap, spool_dir=spool)
        sent = emit(emitter, page)
        page.wait_for_timeout(3000)
        seen: list[tuple[str, float]] = page.evaluate("window.seen")
        emitter.close()
        watched.close()
    took = latencies(sent, seen)[RATE * WARM_S :]
    name = f"emit to page, p95, {RATE}/s, {CLIENTS} clients"
    return row(name, statistics.quantiles(took, n=20)[-1], "s", 1.0)


_OBSERVE = """() => {
  window.seen = [];
  const note = () => {
    const newest = document.querySelector("main tbody tr td a");
    if (newest) requestAnimationFrame(() => window.seen.push([newest.textContent, Date.now()]));
  };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(note).observe(document.querySelector("main"), all);
}"""


def emit(emitter: Emitter, page: Page) -> list[float]:
    """Emit so many events a second; return when each was emitted, in ms."""
    sent = []
    began = time.monotonic()
    for number in range(RATE * SECONDS):
        wait = began + number / RATE - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        sent.append(time.time() * 1000)
        emitter.emit(event(number))
    return sent


def event(number: int) -> dict[str, object]:
    """Return the only event of a run of a job that tells its number."""
    return {
        "eventTime": datetime.now(UTC).isoformat(),
        "eventType": "COMPLETE",
        "producer": "bench",
        "run": {"runId": str(uuid.uuid4())},
        "job": {"namespace": "bench", "name": f"job{number}"},
        "inputs": [],
        "outputs": [],
    }


def latencies(sent: list[float], seen: list[tuple[str, float]]) -> list[float]:
    """Return for each event how many seconds passed until it or a later one was shown."""
    shown = [(int(name[3:]), at) for name, at in seen if name.startswith("job")]
    found, place, newest = [], 0, -1
    at = 0.0
    for number, emitted in enumerate(sent):
        while newest < number and place < len(shown):
            newest, at = max(newest, shown[place][0]), shown[place][1]
            place += 1
        if newest < number:
            sys.exit(f"event {number} was not shown")
        found.append((at - emitted) / 1000)
    return found


@contextmanager
def clients(address: str, count: int) -> Iterator[None]:
    """Follow the stream so many times, as browsers would."""
    where = urlsplit(address)
    stop = threading.Event()

    def follow() -> None:
        with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
            request = f"GET /api/v1/live HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
            connection.sendall(request.encode())
            connection.settimeout(1)
            while not stop.is_set():
                try:
                    connection.recv(1 << 16)
                except TimeoutError:
                    continue

    threads = [threading.Thread(target=follow, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def row(name: str, value: float, unit: str, aim: float | None = None) -> Row:
    """Return what was measured, beside what was aimed at."""
    met = None if aim is None else value <= aim
    return {"name": name, "value": round(value, 3), "unit": unit, "aim": aim, "met": met}


def show(rows: list[Row]) -> None:
    """Print all rows."""
    table = Table(box=None)
    for title in ("", "measured", "aim", ""):
        table.add_column(title, justify="left" if not title else "right")
    for each in rows:
        met = {True: "met", False: "missed", None: ""}[each["met"]]  # type: ignore[index]
        aim = "" if each["aim"] is None else f"≤ {each['aim']} {each['unit']}"
        table.add_row(str(each["name"]), f"{each['value']} {each['unit']}", aim, met)
    Console().print(table)


if __name__ == "__main__":
    main()
