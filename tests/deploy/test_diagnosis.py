"""The end of a log becomes one cause and one remedy."""

import pytest

from headwater.deploy.diagnosis import diagnose

_CASES = [
    ("java.net.BindException: Address already in use", 1, "took its port"),
    ("OSError: [Errno 98] Address already in use", 1, "took its port"),
    ("java.lang.OutOfMemoryError: Java heap space", 3, "out of memory"),
    ("java.io.IOException: No space left on device", 1, "disk is full"),
    ("java.nio.file.AccessDeniedException: /srv/data/meta.properties", 1, "may not write"),
    ("RuntimeException: No readable meta.properties files found.", 1, "data are damaged"),
    ("com.sleepycat.je.EnvironmentFailureException: LOG_CHECKSUM", 1, "data are damaged"),
    ("ModuleNotFoundError: No module named 'faust'", 1, "Python package is missing"),
    ("Error: Could not find or load main class kafka.Kafka", 1, "jar is missing"),
    ("SchemaCreationException: label Foo", 1, "schema is refused"),
]


@pytest.mark.parametrize(("line", "exit_code", "cause"), _CASES)
def test_known_ends(line: str, exit_code: int, cause: str) -> None:
    """Whatever came before and after it in the log."""
    found = diagnose(["starting", line, "\tat a.b.C(D.java:1)"], exit_code)
    assert cause in found.cause
    assert found.remedy


def test_an_unknown_end_shows_the_last_complaint() -> None:
    """Stack frames are not the cause."""
    lines = ["INFO fine", "ERROR the moon is full", "\tat a.b.C(D.java:1)", "INFO closing"]
    assert diagnose(lines, 7).cause == "ERROR the moon is full (exit code 7)"


def test_the_root_cause_comes_first() -> None:
    """What fails because of it, later, is not the cause."""
    lines = ["Caused by: A", "Caused by: B: no", "Caught: NullPointerException"]
    assert diagnose(lines, 1).cause == "Caused by: B: no (exit code 1)"


def test_a_signal_is_named() -> None:
    """Whatever was logged before: a child that is killed has no chance to say so."""
    assert diagnose(["OSError: No space left on device"], -9).cause == "it was ended by SIGKILL"


def test_what_is_logged_as_information_is_no_cause() -> None:
    """The name of a class is not its failure."""
    line = "[main] INFO a.SchemaCreationException - No space left on device is handled"
    assert "exit code 3" in diagnose([line, "[main] ERROR bad luck"], 3).cause


def test_silence_is_said() -> None:
    """A child that still runs and logged nothing."""
    assert diagnose([], None).cause == "it logged nothing"
