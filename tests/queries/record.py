"""Writes down what a real Postgres logs of some sessions. Run as `make record-queries`."""

import subprocess
import tempfile
from pathlib import Path

from tests.airflow.engine import ENVIRONMENT
from tests.airflow.postgres import postgres

CSV = Path(__file__).with_name("postgres.csv")
JSON = Path(__file__).with_name("postgres.jsonl")

_SESSIONS = Path(__file__).with_name("sessions.py")
_LOGGING = {
    "logging_collector": "on",
    "log_destination": "csvlog,jsonlog",
    "log_statement": "all",
    "log_directory": "log",
    "log_filename": "postgres.log",
    "log_file_mode": "0644",
    "log_timezone": "UTC",
}


def main() -> None:
    """Run the sessions, and keep the log in both of its forms."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with postgres(home, "shop", **_LOGGING) as port:
            address = f"host=127.0.0.1 port={port} user=shop dbname=shop"
            subprocess.run([ENVIRONMENT / "bin" / "python", _SESSIONS, address], check=True)
        for path, kept in (("postgres.csv", CSV), ("postgres.json", JSON)):
            kept.write_bytes((home / "postgres" / "log" / path).read_bytes())


if __name__ == "__main__":
    main()
