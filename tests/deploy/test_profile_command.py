from rich.console import Console

from headwater.deploy.commands.profile import show
from headwater.sinks.training.report import Profiles

from ..sinks.training.test_report import ENVELOPES


def _printed(against: str | None = None) -> str:
    profiles = Profiles(ENVELOPES)
    report = profiles.report("r2")
    console = Console(width=120)
    with console.capture() as captured:
        show(report, profiles.report(against, []) if against else None, 1, console)
    return captured.get()


def test_report_is_printed() -> None:
    """Phases with their share, the slowest layers and how many more there are."""
    printed = _printed()

    assert "complete: 4 steps of 100 ns" in printed
    assert "60.0%" in printed
    assert "a Linear" in printed
    assert "b ReLU" not in printed
    assert "and 1 more" in printed
    assert "Nothing to be said against it (compared with earlier runs: 1)." in printed


def test_comparison_has_both_runs_side_by_side() -> None:
    """Each figure with that of the other run, and by how much it differs."""
    assert "60 ns (1.00×)" in _printed("r1")
