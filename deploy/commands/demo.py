"""Run the main job on real data, and check every answer."""

import sys
from contextlib import suppress
from typing import Annotated

import typer

from ..display import Display
from ..home import Home, find_home
from ..stack import Stack
from ..terminal import FAILED, Json, print_json

_FOLDER = "demo"


def command(
    once: Annotated[
        bool, typer.Option("--once", help="Stop when all is shown, also on a terminal.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the main job on real data: 336,776 flights, from CSV to a trained model.

    Starts the embedded stack in a home of its own (the folder `demo` of the home), loads the
    data, runs the statements, trains the model, waits until all of it is in the graph, and
    asks. On a terminal the stack stays up then, until Ctrl-C.

    Exit codes: 0 every count and answer is right; 1 one is not, or a part could not start.
    """
    outer = find_home()
    # Else the folder around the demo's would look like someone else's to `headwater up`.
    outer.open()
    home = Home(outer.path / _FOLDER)
    if home.path.exists() and home.holder() is None:
        home.purge()
    with (
        Display() as display,
        Stack(home, progress=display.fetching, observe=display.observe) as stack,
    ):
        wrong = _tell(stack, home, as_json)
        if sys.stdout.isatty() and not once and not as_json and not wrong:
            _stay(stack, home)
    raise typer.Exit(FAILED if wrong else 0)


def _tell(stack: Stack, home: Home, as_json: bool) -> list[str]:
    """Run the story, print it, and return what was wrong."""
    from ..demo.report import Report, summary
    from ..demo.story import Story

    folder = home.path / "work"
    folder.mkdir()
    report = Report()
    story = Story(stack, folder, report.progress)
    with report:
        found = story.run()
    story.close()
    if as_json:
        print_json(summary(found))
    else:
        report.print(found)
    return found.wrong


def _stay(stack: Stack, home: Home) -> None:
    from ..demo.report import next_steps

    next_steps(home.path, stack.endpoints.api_url)
    with suppress(KeyboardInterrupt):
        stack.wait()
