"""Named places between two system calls, where a test may end the process."""

from collections.abc import Callable

hook: Callable[[str], None] | None = None
"""Called with the name of each place that is passed; None outside tests."""


def faultpoint(name: str) -> None:
    """Pass a place where a crash must do no harm."""
    if hook:
        hook(name)
