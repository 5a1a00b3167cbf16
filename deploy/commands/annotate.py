"""`headwater annotate`: says something of a thing, or takes it back, or shows what is said."""

import getpass
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from ...producers.annotations import Note, event
from ...producers.dbt.meta import read
from ...schemas.names import DatasetName
from ...sinks.answers import Annotated as Target
from ...sinks.answers import plain
from ...sinks.ask import Ask
from ...sinks.index import Client
from ..asking import (
    LISTED_MAX,
    ApiOption,
    AsOfOption,
    KnownAtOption,
    client,
    moment,
    shown,
)
from ..emitting import KafkaOption, emitting
from ..terminal import Json, print_json

DBT = "dbt"
"""Who says what comes from a manifest; what it says no more is taken back."""

On = Literal["dataset", "job", "model"]
Notes = dict[tuple[On, DatasetName], list[Note]]


def command(
    target: Annotated[
        str | None, typer.Argument(help="A column, dataset, model or job, or the end of its name.")
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE…", help="What is said; nothing shows what is said."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take it off.")] = False,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="dataset|job|model", help="Which, where names are alike."),
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", help="Of a dataset that nothing was heard of yet."),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", help="The column, where --namespace is given.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who says so; you, if left out.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", parser=moment, metavar="TIME", help="Since when it holds; now."),
    ] = None,
    dbt: Annotated[
        Path | None,
        typer.Option(
            "--dbt",
            metavar="MANIFEST",
            help="Say what a dbt project's manifest.json says; --namespace is its database's.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    api: ApiOption = None,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Put owners, classifications, terms, consents or words of your own on things.

    Exit codes: 0 said, or shown; 1 nothing has that name, or nobody answers; 3 no stack runs.
    """
    if on not in (None, "dataset", "job", "model"):
        raise typer.BadParameter("--on is `dataset`, `job` or `model`")
    if dbt is not None:
        if namespace is None:
            raise typer.BadParameter("--dbt needs the --namespace of the project's database")
        _say(_changes(dbt, namespace, client(api)), DBT, at, kafka, as_json=as_json)
        return
    if target is None:
        raise typer.BadParameter("say what is meant, or give --dbt")
    if not pairs:
        _show(client(api).annotated(target, Ask(as_of, known_at), on=on).items, as_json=as_json)  # type: ignore[arg-type] # checked above
        return
    action: Literal["put", "remove"] = "remove" if remove else "put"
    notes = [Note(*_pair(pair), None, action) for pair in pairs]
    if namespace is not None:
        said: On = on or "dataset"  # type: ignore[assignment] # checked above
        thing, named = (said, DatasetName(namespace, target)), field
    else:
        thing, named = _found(client(api), target, on)
    held = {thing: [note._replace(field=named) for note in notes]}
    _say(held, by or _me(), at, kafka, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value.strip()):
        raise typer.BadParameter(f"`{text}` is no KEY=VALUE")
    return key.strip(), value.strip()


def _found(asked: Client, target: str, on: str | None) -> tuple[tuple[On, DatasetName], str | None]:
    """Return what a name means, and the column if it is one."""
    (found,) = asked.annotated(target, on=on).items  # type: ignore[arg-type] # checked above
    kind: On = "dataset" if found.kind == "column" else found.kind
    return (kind, DatasetName(found.namespace, found.name)), found.field


def _me() -> str | None:
    """Return who is logged in, where the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _say(
    said: Notes, by: str | None, at: datetime | None, kafka: str | None, *, as_json: bool
) -> None:
    events = [event(*name, notes, on=on, by=by, at=at) for (on, name), notes in said.items()]
    if events:
        with emitting(kafka) as emitter:
            for each in events:
                emitter.emit(each)
    notes = [note for held in said.values() for note in held]
    counts = {action: sum(n.action == action for n in notes) for action in ("put", "remove")}
    if as_json:
        print_json({"things": len(said), "put": counts["put"], "removed": counts["remove"]})
    else:
        typer.echo(
            f"{counts['put']} annotations put, {counts['remove']} taken off, of {len(said)} things"
        )


def _changes(manifest: Path, namespace: str, asked: Client) -> Notes:
    """Return what a manifest says that is not in force, and takes back that it said before."""
    stated = read(manifest, namespace)
    held = {_key(t): t for t in _all(asked) if t.namespace == namespace}
    said: Notes = {}
    for name, notes in stated.items():
        new = [n for n in notes if not _in_force(held.get((name.name, n.field)), n)]
        if new:
            said["dataset", name] = new
    for (table, field), target in held.items():
        name = DatasetName(namespace, table)
        kept = {(n.key, n.value) for n in stated.get(name, ()) if n.field == field}
        gone = [
            Note(n.key, n.value, field, "remove")
            for n in target.notes
            if n.by == DBT and (n.key, n.value) not in kept
        ]
        if gone:
            said.setdefault(("dataset", name), []).extend(gone)
    return said


def _all(asked: Client) -> Iterator[Target]:
    """Yield every dataset and column of which anything is said."""
    start: int | None = 0
    while start is not None:
        found = asked.annotated(None, Ask(limit=LISTED_MAX, start=start))
        yield from (each for each in found.items if each.kind in ("dataset", "column"))
        start = found.next


def _key(target: Target) -> tuple[str, str | None]:
    return target.name, target.field


def _in_force(target: Target | None, note: Note) -> bool:
    notes: Iterable[object] = () if target is None else ((n.key, n.value) for n in target.notes)
    return (note.key, note.value) in notes


def _show(found: Sequence[Target], *, as_json: bool) -> None:
    if as_json:
        print_json(plain(found))
        return
    for target in found:
        name = (target.namespace, target.name, *filter(None, (target.field,)))
        table = Table(title=shown(name, "bold"), title_justify="left", box=None)
        for heading in ("key", "value", "by", "since"):
            table.add_column(heading, overflow="fold")
        for note in target.notes:
            said = (note.key, note.value, note.by or "", note.since.isoformat())
            table.add_row(*(shown(("", text)) for text in said))
        Console().print(table if target.notes else shown(name, "bold").append(": nothing is said"))
