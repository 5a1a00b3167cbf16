"""The frame that every command stands in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.deploy.cli import COMMANDS, load

_SOURCE = str(Path(__file__).parents[2] / ".src")
_COMMAND = (sys.executable, "-m", "headwater.deploy.cli")
_HEAVY = ("faust", "gremlin_python", "confluent_kafka", "jgo", "pydantic", "torch", "duckdb")


def headwater(*words: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a user would."""
    return subprocess.run(
        [*_COMMAND, *words],
        env=_environment(home) | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start(*words: str, home: Path) -> "subprocess.Popen[bytes]":
    """Start the command and go on."""
    return subprocess.Popen(
        [*_COMMAND, *words],
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": _SOURCE, "HEADWATER_HOME": str(home), "COLUMNS": "100"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    """Its help has the exit codes and the option for programs, or commands of its own that do."""
    shown = headwater(name, "--help", home=tmp_path)
    assert shown.returncode == 0, shown.stderr
    # The output of these is the script's own, or a log.
    if name not in {"run", "worker", "graph-sink", "ledger"}:
        assert "--json" in shown.stdout or "COMMAND" in shown.stdout
    assert "Exit codes:" in shown.stdout or "COMMAND" in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_file(name: str) -> None:
    """The table and the folder agree."""
    assert load(name).command


def test_every_file_is_a_command() -> None:
    """No command is written and left out of the table."""
    folder = Path(__file__).parents[2] / "deploy" / "commands"
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--"}
    assert files == set(COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    """`headwater --help` answers at once."""
    code = (
        "import sys; sys.argv = ['headwater', '--help']\n"
        "from headwater.deploy.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": _SOURCE}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert loaded.isdisjoint(_HEAVY)


def test_an_error_has_a_remedy_and_no_traceback(tmp_path: Path) -> None:
    """For people, on standard error."""
    done = headwater("status", home=tmp_path / "home")
    assert done.returncode == 3
    assert re.fullmatch(r"error: no stack runs in .*\nremedy: .*`headwater up`\.\n", done.stderr)


def test_an_error_is_json_where_json_is_asked_for(tmp_path: Path) -> None:
    """For programs, on standard output."""
    done = headwater("status", "--json", home=tmp_path / "home")
    assert done.returncode == 3
    assert set(json.loads(done.stdout)) == {"error", "remedy"}


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """For whoever works on Headwater itself."""
    done = headwater("status", home=tmp_path / "home", HEADWATER_DEBUG="1")
    assert "Traceback" in done.stderr


def test_a_misspelt_command_is_answered_with_a_guess(tmp_path: Path) -> None:
    """Usage errors end with 2."""
    done = headwater("statsu", home=tmp_path)
    assert done.returncode == 2
    assert "status" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [("headwater do", "doctor\ndown"), ("headwater down --p", "--purge")],
)
def test_completion_knows_commands_and_their_options(
    words: str, expected: str, tmp_path: Path
) -> None:
    """As bash asks for it."""
    asked = {"_HEADWATER_COMPLETE": "complete_bash", "COMP_WORDS": words}
    asked["COMP_CWORD"] = str(len(words.split()) - 1)
    done = headwater(home=tmp_path, **asked)
    assert sorted(done.stdout.split()) == expected.split()


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    """It is no error."""
    done = headwater("down", "--json", home=tmp_path / "home")
    assert done.returncode == 0
    assert json.loads(done.stdout)["stopped"] is False


def test_purge_without_a_terminal_wants_yes(tmp_path: Path) -> None:
    """Nothing is removed by accident."""
    done = headwater("down", "--purge", home=tmp_path / "home")
    assert done.returncode == 1
    assert "--yes" in done.stderr


def test_up_refuses_a_part_that_does_not_exist(tmp_path: Path) -> None:
    """The parts that do are named."""
    done = headwater("up", "--only", "kafak", home=tmp_path / "home")
    assert done.returncode == 2
    assert "janusgraph" in done.stderr


def test_version_is_json_too(tmp_path: Path) -> None:
    """Programs read what runs here."""
    done = headwater("version", "--json", home=tmp_path / "home")
    assert json.loads(done.stdout)["kafka"] == "4.1.0"


def test_doctor_passes_here_and_leaves_no_trace(tmp_path: Path) -> None:
    """This machine runs the tests, so that nothing but the stack is missing."""
    done = headwater("doctor", "--json", home=tmp_path / "home")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["broker"]["passed"] is None
    assert not (tmp_path / "home").exists()


def test_doctor_ends_with_the_code_of_the_first_failure(tmp_path: Path) -> None:
    """A program learns the class of what is wrong, a reader the remedy."""
    (tmp_path / "thesis.tex").touch()
    done = headwater("doctor", home=tmp_path)
    assert done.returncode == 13
    assert "HEADWATER_HOME" in done.stdout


def test_doctor_finds_a_broker_that_is_gone(tmp_path: Path) -> None:
    """An address of one's own is checked too."""
    home = tmp_path / "home"
    done = headwater("doctor", home=home, HEADWATER_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert done.returncode == 18
