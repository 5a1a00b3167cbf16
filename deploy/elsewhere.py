"""A replay by another version of Headwater, in the environment where it is installed.

An installation has one resolver, so an earlier one is run where it lives. What passes
between the two is what both know: the options of `headwater replay`, and the directory of
records that it leaves.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..schemas.errors import HeadwaterError
from ..sinks.view import Converging
from .replay import Replayed, recorded


def replay(python: Path, directory: Path, words: Sequence[str]) -> Replayed:
    """Have the Headwater of another Python replay into a directory; return what it made.

    Args:
        python: The interpreter of its environment.
        directory: Takes the records.
        words: Which events, as options of `headwater replay`.

    Raises:
        HeadwaterError: If it cannot be started, or fails.
    """
    argv = [str(python), "-m", "headwater.deploy.cli", "replay", "--dir", str(directory), "--json"]
    try:
        done = subprocess.run(
            [*argv, *words], env=_environment(), stdout=subprocess.PIPE, check=True
        )
        counts = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise HeadwaterError(
            f"the Headwater of {python} did not replay: {error}",
            remedy="Name the Python of an environment in which `headwater replay` works.",
        ) from error
    converging = Converging()
    for envelope in recorded(directory):
        converging.add(envelope)
    return Replayed(converging, Counter({k: n for k, n in counts.items() if type(n) is int}))


def _environment() -> dict[str, str]:
    """Leave out what would have the other Python import this Headwater."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
