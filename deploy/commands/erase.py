"""`headwater erase`: destroy the key under which a person's names are sealed."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ...processors.times import iso
from ...schemas import facets
from ...schemas.errors import HeadwaterError
from ...schemas.vault import Person, Vault, vault_path
from ...sinks.ledger.kafka_log import KafkaLog
from ..asking import bootstrap_of
from ..emitting import KafkaOption, emitting
from ..occurrences import Occurrences, occurrences
from ..terminal import Json, print_json, print_table


def command(
    name: Annotated[str, typer.Argument(help="A name as events state it, such as a login.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say where the person is named.")
    ] = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Make a person's names in all records unreadable, and write a record that it was done.

    Nothing is taken out of any record: their ids, the ledger's proofs and the digest of a
    replay stay as they are. What clients wrote stays in lineage.events until its retention
    ends, and is told. There is no way back.

    Exit codes: 0 erased, now or before; 1 no record names the person; 3 no stack runs.
    """
    path = vault_path()
    if not path.exists():
        raise _unknown(name)
    with closing(Vault(path)) as vault, closing(KafkaLog(bootstrap_of(kafka))) as log:
        person = vault.find(name)
        if person is None:
            raise _unknown(name)
        found = occurrences(log, vault, person, name)
        if not dry_run:
            person = vault.erase(name, at=iso(datetime.now(UTC))) or person
            with emitting(kafka) as emitter:
                emitter.emit(erasure(person))
    _show(person, found, as_json=as_json)


def erasure(person: Person) -> dict[str, Any]:
    """Return the event that states an erasure; the worker makes its record of it.

    Whoever repeats the command emits the same event, which counts once.
    """
    return {
        "eventTime": person.erased_at,
        "producer": facets.PRODUCER,
        "schemaURL": facets.JOB_EVENT_SCHEMA,
        "job": {
            "namespace": "headwater",
            "name": "erase",
            "facets": {facets.ERASURE: facets.own(facets.ERASURE, person=person.id)},
        },
    }


def _unknown(name: str) -> HeadwaterError:
    return HeadwaterError(
        f"no record names {name}",
        remedy="Give the name as an event states it: a login, an address, an owner's name.",
    )


def _show(person: Person, found: Occurrences, *, as_json: bool) -> None:
    said = {
        "person": person.id,
        "erased_at": person.erased_at,
        "names": len(person.sealed),
        "records": [
            {"kind": kind, "about": about, "records": count}
            for (kind, about), count in sorted(found.records.items())
        ],
        "in_the_open": [
            {"topic": topic, "messages": count, "newest": found.newest[topic]}
            for topic, count in found.open.items()
        ],
    }
    if as_json:
        print_json(said)
        return
    print_table(
        f"Sealed under the key {person.id}, in {found.records.total()} records",
        [(kind, about, count) for (kind, about), count in sorted(found.records.items())],
        ("record", "about", "records"),
    )
    for topic, count in found.open.items():
        typer.echo(
            f"{topic}: {count} messages hold the name as a client wrote it, the newest from "
            f"{found.newest[topic]:%Y-%m-%d %H:%M} UTC; they go when their retention ends"
        )
    done = f"erased at {person.erased_at}" if person.erased_at else "not erased"
    typer.echo(done)
