"""Writes down what Airflow's provider tells of the nightly DAG. Run as `make record-airflow`.

`airflow dags test` runs all tasks in one process, whose hooks never forget a statement: each
task tells again those of the tasks before it, as jobs `….query.N`. A worker runs each task in a
process of its own, so these are left out.
"""

import json
import re
import tempfile
from pathlib import Path

from .engine import run_dag
from .postgres import postgres

ROOT = str(Path(__file__).parents[2])
RECORDED = Path(__file__).with_name("recorded.jsonl")
_OF_EARLIER_TASKS = re.compile(r"\.query\.\d+$")


def main() -> None:
    """Run the DAG, and keep its events."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log = home / "events.jsonl"
        with postgres(home, "shop") as port:
            run_dag(
                "shop_nightly",
                home / "airflow",
                port,
                "shop",
                {"type": "file", "log_file_path": str(log), "append": True},
            )
        told = log.read_text()
    # Nothing in the recording is of the machine that it was made on.
    for here, there in ((f"127.0.0.1:{port}", "db:5432"), (folder, "/home"), (ROOT, "/srv/shop")):
        told = told.replace(here, there)
    events = [json.loads(line) for line in told.splitlines()]
    kept = [e for e in events if not _OF_EARLIER_TASKS.search(e["job"]["name"])]
    RECORDED.write_text("".join(json.dumps(event) + "\n" for event in kept))


if __name__ == "__main__":
    main()
