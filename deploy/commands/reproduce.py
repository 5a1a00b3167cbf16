"""`headwater reproduce`: the recipe that trains a model again."""

from pathlib import Path
from typing import Annotated

import typer

from ...sinks.passport import find
from .. import passports
from ..asking import bootstrap_of
from ..recipe import Recipe, recipe
from ..terminal import Json, print_json
from .passport import KafkaOption, ModelArgument

FolderOption = Annotated[
    Path, typer.Option("--into", help="The folder that the recipe is written into.")
]


def command(
    model: ModelArgument,
    into: FolderOption = Path("reproduce"),
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Write the recipe that trains a model again, and say what is missing for it.

    Exit codes: 0 written; 1 no such model, or no Kafka to ask.
    """
    bootstrap = bootstrap_of(kafka)
    found = find(passports.read(bootstrap), model)
    dirty = found.code is not None and found.code.dirty_diff is not None
    run_id = found.model.run_id
    diff = passports.read_diff(bootstrap, run_id) if dirty and run_id is not None else None
    made = recipe(found, diff)
    write(made, into)
    if as_json:
        print_json({"folder": str(into), "missing": made.missing})
        return
    typer.echo(f"{into / 'reproduce.sh'} trains {found.label} again.")
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
