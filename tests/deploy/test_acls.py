"""Rights are as the documentation says, to the letter."""

from pathlib import Path

import pytest

from headwater.deploy.acls import RIGHTS, Right

_DOC = Path(__file__).parents[2] / "docs" / "operate.md"


def named(right: Right) -> str:
    """A right as the table has it."""
    return f"group `{right.name}`" if right.resource == "GROUP" else f"`{right.name}`"


@pytest.mark.parametrize("part", RIGHTS)
def test_the_table_of_rights_is_what_is_granted(part: str) -> None:
    """Whoever grants by hand grants the same."""
    cells = [
        ", ".join(named(right) for right in RIGHTS[part] if right.operation == operation)
        for operation in ("READ", "WRITE", "DESCRIBE")
    ]
    assert f"| {' | '.join([part, *cells])} |" in _DOC.read_text().splitlines()
