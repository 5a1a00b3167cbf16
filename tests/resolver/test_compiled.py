"""The compiled parser and the one in Python say the same, so the resolver's version is one."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.processors.resolve import resolve
from headwater.processors.resolve.parse import COMPILED

from .test_corpus import CASES, answer, naming, schemas
from .test_fuzz import mangled

ROOT = Path(__file__).parents[2]


MANGLED_EVERY = 8


def answers() -> dict[str, str]:
    """Return what is said of each case, and of a part of them mangled."""
    draw = random.Random(0)
    found = {case.id: repr(answer(case)) for case in CASES}
    for case in CASES[::MANGLED_EVERY]:
        sql = mangled(case.sql, draw)
        said = resolve(sql, dialect=case.dialect, naming=naming(case), schemas=schemas(case))
        found[f"{case.id}, mangled"] = repr(said)
    return found


@pytest.mark.skipif(not COMPILED, reason="there is no compiled parser for this platform")
def test_both_parsers_give_the_same_answers() -> None:
    """To every statement of the corpus, and to some that are no SQL."""
    command = [sys.executable, "-m", "tests.resolver.pure"]
    with subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONPATH": ".src"}, stdout=subprocess.PIPE
    ) as process:
        compiled = answers()
        assert process.stdout
        in_python: dict[str, str] = json.load(process.stdout)
    assert 0 == process.returncode
    assert {} == {case: said for case, said in compiled.items() if said != in_python[case]}
    assert in_python.keys() == compiled.keys()
