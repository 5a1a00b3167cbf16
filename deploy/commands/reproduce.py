"""`headwater reproduce`: the recipe that trains a model again."""

from pathlib import Path
from typing import Annotated

import typer

from ..accounting import Log
from ..asking import ApiOption, bootstrap_of, client, shown
from ..passports import find, uncommitted
from ..recipe import Recipe, recipe
from ..terminal import Json, print_json
from .passport import ModelArgument

FolderOption = Annotated[
    Path, typer.Option("--into", help="The folder that the recipe is written into.")
]
KafkaOption = Annotated[
    str | None,
    typer.Option("--kafka", metavar="SERVERS", help="Read uncommitted changes from this Kafka."),
]


def command(
    model: ModelArgument,
    into: FolderOption = Path("reproduce"),
    api: ApiOption = None,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Write the recipe that trains a model again, and say what is missing for it.

    Exit codes: 0 written; 1 no such model, or nobody answers; 3 no stack runs.
    """
    found = find(client(api), model)
    dirty = found.code is not None and found.code.dirty_diff is not None
    run_id = found.model.run_id
    diff = uncommitted(Log(bootstrap_of(kafka)), run_id) if dirty and run_id is not None else None
    made = recipe(found, diff)
    write(made, into)
    if as_json:
        print_json({"folder": str(into), "missing": made.missing})
        return
    typer.echo(f"{into / 'reproduce.sh'} trains {shown(('', found.label))} again.")
    for sentence in made.missing:
        typer.echo(f"missing: {sentence}")
    if found.model.artifact_digest:
        typer.echo(f"The weights must have the digest {found.model.artifact_digest}.")


def write(made: Recipe, folder: Path) -> None:
    """Write a recipe into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "reproduce.sh"
    script.write_text(made.script)
    script.chmod(0o755)
    (folder / "requirements.txt").write_text(made.requirements)
    if made.patch is not None:
        (folder / "uncommitted.patch").write_text(made.patch)
