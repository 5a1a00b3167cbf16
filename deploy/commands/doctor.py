"""Look at everything that could be in the way."""

from dataclasses import asdict

import typer

from ..doctor import CHECKS
from ..home import find_home
from ..terminal import Json, print_json, print_table

_MARKS = {True: "ok", False: "FAILED", None: "skipped"}


def command(as_json: Json = False) -> None:
    """Check this machine and the running stack, and say what to do.

    Exit codes: 0 all is well; else that of the first check that failed: 10 Python packages,
    11 Java, 12 jars, 13 home, 14 memory, 15 disk, 16 ports, 17 clock, 18 broker, 19 topics,
    20 graph.
    """
    home = find_home()
    findings = [(check, check.find(home)) for check in CHECKS]
    if as_json:
        print_json({check.name: asdict(finding) for check, finding in findings})
    else:
        rows = [(check.name, _MARKS[found.passed], found.detail) for check, found in findings]
        print_table("Doctor", rows)
        for check, found in findings:
            if found.passed is False:
                typer.echo(f"{check.name}: {found.remedy}")
    failed = [check.exit_code for check, found in findings if found.passed is False]
    raise typer.Exit(failed[0] if failed else 0)
