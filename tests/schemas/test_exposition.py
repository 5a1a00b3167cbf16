"""What a service tells of itself, and to whom."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from headwater.deploy.ports import choose_ports
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.exposition import expose


def asked(port: int, path: str, token: str = "") -> tuple[int, str]:
    """What is answered."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def exposed(**environ: str) -> tuple[int, list[bool]]:
    """A service's port, and what makes it ready."""
    port = choose_ports(["metrics"], {})["metrics"]
    readiness: list[bool] = []
    told = {"HEADWATER_METRICS_PORT": str(port)} | environ
    expose(lambda: b"headwater_ready 1.0\n", lambda: bool(readiness), told)
    return port, readiness


def test_whether_it_runs_works_and_what_it_counts() -> None:
    """On loopback, to anybody."""
    port, readiness = exposed()
    assert asked(port, "/healthz") == (200, "ok\n")
    assert 503 == asked(port, "/readyz")[0]
    readiness.append(True)
    assert asked(port, "/readyz") == (200, "ready\n")
    assert asked(port, "/metrics?name=up") == (200, "headwater_ready 1.0\n")
    assert 404 == asked(port, "/")[0]


def test_beyond_loopback_metrics_need_the_token(tmp_path: Path) -> None:
    """Whoever starts and restarts the service has none, and needs none."""
    (tmp_path / "token").write_text("t0k3n\n")
    port, _ = exposed(
        HEADWATER_METRICS_HOST="0.0.0.0", HEADWATER_METRICS_TOKEN_FILE=str(tmp_path / "token")
    )
    assert [401, 401, 200] == [asked(port, "/metrics", token)[0] for token in ("", "t", "t0k3n")]
    assert [200, 503] == [asked(port, path)[0] for path in ("/healthz", "/readyz")]


def test_beyond_loopback_without_a_token_nobody_gets_the_metrics() -> None:
    """Not even with an empty one."""
    port, _ = exposed(HEADWATER_METRICS_HOST="0.0.0.0")
    assert [401, 401] == [asked(port, "/metrics", token)[0] for token in ("", " ")]


@pytest.mark.parametrize("stated", ["http", "-1"])
def test_what_is_no_port_is_refused(stated: str) -> None:
    """By the name of its variable."""
    with pytest.raises(HeadwaterError, match="HEADWATER_METRICS_PORT"):
        expose(bytes, bool, {"HEADWATER_METRICS_PORT": stated})


def test_a_port_that_is_taken_is_told() -> None:
    """At the start, where somebody reads it."""
    port, _ = exposed()
    with pytest.raises(HeadwaterError, match=str(port)):
        expose(bytes, bool, {"HEADWATER_METRICS_PORT": str(port)})
