"""`headwater passport`: what made a version of a model."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .. import passports
from ..asking import bootstrap_of
from ..passports import Passport
from ..terminal import Json, print_json

KafkaOption = Annotated[
    str | None, typer.Option("--kafka", metavar="SERVERS", help="Read from this Kafka.")
]
ModelArgument = Annotated[
    str, typer.Argument(help="A model, such as arrival_delay or arrival_delay@VERSION.")
]


def command(model: ModelArgument, kafka: KafkaOption = None, as_json: Json = False) -> None:
    """Show what made a model: data and columns, code, hyperparameters, seeds, environment.

    Exit codes: 0 answered; 1 no such model, or no Kafka to ask.
    """
    found = passports.find(passports.read(bootstrap_of(kafka)), model)
    if as_json:
        print_json({"label": found.label, "made_at": found.made_at, **passports.flat(found)})
    else:
        show(found, Console())


def show(passport: Passport, console: Console) -> None:
    """Print a passport as a table."""
    table = Table(title=escape(f"Passport of {passport.label}"), title_justify="left", box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in _lines(passport):
        table.add_row(name, escape(value))
    console.print(table)


def _lines(passport: Passport) -> list[tuple[str, str]]:
    model, code, ran_in = passport.model, passport.code, passport.environment
    lines = [("made", f"{passport.made_at} by run {model.run_id}")]
    for item in model.inputs:
        version = f" at {item.version_kind or 'version'} {item.version}" if item.version else ""
        columns = f": {', '.join(item.fields)}" if item.fields else ""
        lines.append((item.role or "trained on", f"{item.namespace} {item.name}{version}{columns}"))
    if code is not None:
        dirty = f", with uncommitted changes {code.dirty_diff}" if code.dirty_diff else ""
        lines.append(("code", f"{code.repository} at {code.commit}{dirty}: {code.path}"))
    lines += [
        ("command", " ".join(model.command)),
        ("hyperparameters", _pairs(model.hyperparameters)),
        ("seeds", _pairs({k: v for k, v in model.seeds.items() if not k.endswith(".state")})),
        ("metrics", _pairs(model.metrics)),
    ]
    if ran_in is not None:
        image = ran_in.image_digest or "image unknown"
        lines.append(("ran in", f"Python {ran_in.python}, {model.framework}, {image}"))
        lines.append(("machine", _pairs(ran_in.hardware)))
    lines.append(
        ("weights", f"{model.artifact_digest or 'digest unknown'} {model.artifact_uri or ''}")
    )
    lines += [("made from", f"{base.relation} {base.name}@{base.version}") for base in model.bases]
    return [(name, value) for name, value in lines if value.strip()]


def _pairs(stated: object) -> str:
    assert isinstance(stated, dict)
    return ", ".join(f"{name}={value}" for name, value in sorted(stated.items()))
