"""Prints the corpus's answers, as the parser in Python gives them: `python -m tests.resolver.pure`.

The compiled parser lies beside the other, file by file, and comes before it; here sqlglot is
imported from its source alone.
"""

import json
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path


def source_alone(path: str) -> FileFinder:
    """Find modules of sqlglot by their source; other folders are not this finder's."""
    if "sqlglot" not in Path(path).parts:
        raise ImportError(path)
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))


def main() -> None:
    """Answer every case, and print what the answers are by the case's name."""
    sys.path_hooks.insert(0, source_alone)
    from headwater.processors.resolve.parse import COMPILED

    from .test_compiled import answers

    assert not COMPILED
    json.dump(answers(), sys.stdout)


if __name__ == "__main__":
    main()
