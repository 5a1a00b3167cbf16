"""What a terminal shows of starts."""

import io

from rich.console import Console

from headwater.deploy.display import Display
from headwater.deploy.supervisor import ChildStatus, State


def test_what_has_started_is_not_shown_as_starting() -> None:
    """Nor is the first, whose bar has the number 0."""
    terminal = Console(file=io.StringIO(), force_terminal=True)
    with Display(terminal) as display:
        for state in ("starting", "ready"):
            display.observe((status("kafka", state), status("worker", "starting")))
        shown = [task.description for task in display._bars.tasks]
    assert ["starting worker"] == shown


def status(name: str, state: State) -> ChildStatus:
    return ChildStatus(
        name, state, pid=1, restarts=0, ready_s=0.5, last_error=None, log_path=f"{name}.log"
    )
