"""`headwater topics`: those of a Kafka, and who may use them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

import typer

from ...schemas.errors import HeadwaterError
from ...schemas.kafka import kafka_client
from ...schemas.topics import ALL, Topic
from ..acls import RIGHTS, grant
from ..asking import bootstrap_of
from ..doctor import wrong_settings
from ..kafka import create_topics
from ..terminal import FAILED, Json, print_json, print_table

command = typer.Typer(no_args_is_help=True)

KafkaOption = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="This Kafka, not the stack's.")
]

T = TypeVar("T")

_TIMEOUT_S = 10
_SHOWN = ("min.insync.replicas", "cleanup.policy", "retention.ms", "max.message.bytes")


@command.command("show")
def show(kafka: KafkaOption = None, as_json: Json = False) -> None:
    """Show the topics, and in what they differ from how Headwater declares them.

    Exit codes: 0 all are there and as declared; 1 one is missing or differs, or Kafka is away.
    """
    found = _translated(lambda: _described(bootstrap_of(kafka)))
    wrong = [line for topic in ALL for line in _wrong(topic, found.get(topic.name))]
    if as_json:
        print_json({"topics": found, "wrong": wrong})
    else:
        rows = [(name, *about.values()) for name, about in found.items()]
        print_table("Topics", rows, ("topic", "partitions", "replicas", *_SHOWN))
        for line in wrong:
            typer.echo(line)
    raise typer.Exit(FAILED if wrong else 0)


@command.command("create")
def create(
    partitions: Annotated[
        int, typer.Option(min=1, help="Of the topics that are read by several at once.")
    ] = 12,
    replication_factor: Annotated[
        int, typer.Option(min=1, help="On how many brokers each message lies.")
    ] = 3,
    min_insync_replicas: Annotated[
        int, typer.Option(min=1, help="How many must have a message before it is acknowledged.")
    ] = 2,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Create the topics that are missing; what exists is never changed.

    Exit codes: 0 all are there now; 1 Kafka refuses, or is away.
    """
    wanted = [_sized(topic, partitions) for topic in ALL]
    created = _translated(
        lambda: create_topics(
            bootstrap_of(kafka),
            wanted,
            replicas=replication_factor,
            replicas_in_sync_min=min_insync_replicas,
        )
    )
    if as_json:
        print_json({"created": created})
    else:
        typer.echo(f"Created: {', '.join(created) or 'none, all are there'}")


@command.command("grant")
def grant_(
    part: Annotated[str, typer.Argument(help=f"One of {', '.join(RIGHTS)}.")],
    principal: Annotated[
        str | None, typer.Argument(help="Whom, as Kafka names them: User:worker.")
    ] = None,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Grant somebody what a part needs of Kafka; without a name, only show what that is.

    Exit codes: 0 shown, or granted; 1 Kafka refuses, or is away; 2 there is no such part.
    """
    if part not in RIGHTS:
        raise typer.BadParameter(f"{part}: not one of {', '.join(RIGHTS)}")
    if principal is not None:
        grant(bootstrap_of(kafka), part, principal)
    rows = [(right.operation, right.resource, right.name) for right in RIGHTS[part]]
    if as_json:
        rights = [dict(zip(("operation", "resource", "name"), row, strict=True)) for row in rows]
        print_json({"granted_to": principal, "rights": rights})
    else:
        print_table(f"{principal} may now" if principal else f"The {part} needs", rows)


def _sized(topic: Topic, partitions: int) -> Topic:
    """Return a topic with so many partitions, unless it is one whose order is the point."""
    return topic if topic.partitions == 1 else replace(topic, partitions=partitions)


def _described(bootstrap: str) -> dict[str, dict[str, Any]]:
    """Return how each topic of ours that exists is kept."""
    from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

    admin = AdminClient({**kafka_client(bootstrap), "log_level": 0})
    known = admin.list_topics(timeout=_TIMEOUT_S).topics
    described = {}
    for name in (topic.name for topic in ALL if topic.name in known):
        resource = ConfigResource(ResourceType.TOPIC, name)
        settings = admin.describe_configs([resource])[resource].result(_TIMEOUT_S)
        partitions = known[name].partitions
        described[name] = {
            "partitions": len(partitions),
            "replicas": min(len(each.replicas) for each in partitions.values()),
            **{setting: settings[setting].value for setting in _SHOWN},
        }
    return described


def _wrong(topic: Topic, about: Mapping[str, Any] | None) -> list[str]:
    if about is None:
        return [f"{topic.name} does not exist"]
    # More partitions or fewer are a matter of size; order is lost where one becomes several.
    declared = topic.partitions if topic.partitions == 1 else 1
    wrong = wrong_settings(replace(topic, partitions=declared), about["partitions"], dict(about))
    if topic.partitions == 1 and about["partitions"] > 1:
        wrong.append(f"{topic.name}: {about['partitions']} partitions, not 1")
    return wrong


def _translated(ask: Callable[[], T]) -> T:
    """Return what Kafka answers.

    Raises:
        HeadwaterError: If it does not, or refuses.
    """
    from confluent_kafka import KafkaException

    try:
        return ask()
    except KafkaException as error:
        raise HeadwaterError(
            f"Kafka refuses, or does not answer: {error.args[0].str()}",
            remedy="Check the address, the login and its rights: `headwater doctor`.",
        ) from error
