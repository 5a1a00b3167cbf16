"""Why a child process ended, in one line, with one remedy."""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause and what to do about it."""

    cause: str
    remedy: str


_KNOWN = (
    (
        r"Address already in use|BindException",
        "another program took its port",
        "Start again: a free port is chosen.",
    ),
    (
        r"OutOfMemoryError|Cannot allocate memory|insufficient memory",
        "it ran out of memory",
        "Free memory on this machine, then start again.",
    ),
    (
        r"No space left on device|DiskLimitException|Disk usage is not within",
        "the disk is full",
        "Free disk space where HEADWATER_HOME lies, then start again.",
    ),
    (
        r"Permission denied|AccessDeniedException|Read-only file system",
        "it may not write its files",
        "Give yourself the right to write below HEADWATER_HOME, or name another directory.",
    ),
    (
        r"InconsistentClusterId|CorruptRecord|LogException"
        r"|LOG_CHECKSUM|LOG_FILE_NOT_FOUND|LOG_INTEGRITY|meta\.properties|Malformed|EOFException|checksum",
        "its data are damaged",
        "Restore HEADWATER_HOME from a copy, or remove it with `headwater down --purge`.",
    ),
    (
        r"ModuleNotFoundError|ImportError",
        "a Python package is missing",
        "Install Headwater with its extra: `pip install 'headwater[local]'`.",
    ),
    (
        r"ClassNotFoundException|NoClassDefFoundError|Could not find or load main class",
        "a jar is missing or damaged",
        "Run `headwater doctor`: it names the jars that are damaged.",
    ),
    (
        r"SchemaCreationException|SchemaViolationException",
        "the graph's schema is refused",
        "Compare sinks/graph/schema.json with the graph that exists in HEADWATER_HOME.",
    ),
)

_READ = "Read its log for what came before."
_HARMLESS = re.compile(r" (TRACE|DEBUG|INFO) ")
_COMPLAINT = re.compile(r"(ERROR|FATAL|Exception|Error)\b")


def diagnose(lines: Sequence[str], exit_code: int | None) -> Diagnosis:
    """Explain an exit by what was logged last.

    Args:
        lines: The end of the log.
        exit_code: As subprocess reports it, negative for a signal; None if it still runs.
    """
    if exit_code is not None and exit_code < 0:
        return Diagnosis(f"it was ended by {signal.Signals(-exit_code).name}", _READ)
    text = "\n".join(line for line in lines if not _HARMLESS.search(line))
    for pattern, cause, remedy in _KNOWN:
        if re.search(pattern, text):
            return Diagnosis(cause, remedy)
    return Diagnosis(_unknown_cause(lines, exit_code), _READ)


def _unknown_cause(lines: Sequence[str], exit_code: int | None) -> str:
    said = [line.strip() for line in lines if line.strip() and not _is_frame(line)]
    causes = [line for line in said if line.startswith("Caused by: ")]
    complaints = [line for line in said if _COMPLAINT.search(line)]
    last = (causes or complaints or said or ["it logged nothing"])[-1]
    return last if exit_code is None else f"{last} (exit code {exit_code})"


def _is_frame(line: str) -> bool:
    return line.lstrip().startswith(("at ", "File ", "..."))
