"""What each part needs of a Kafka with access control, and not a right more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..schemas import topics
from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_client
from ..schemas.topics import Topic

if TYPE_CHECKING:
    from confluent_kafka.admin import AclBinding

Operation = Literal["READ", "WRITE", "DESCRIBE"]
_TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class Right:
    """Something that somebody may do; whoever may read or write may also describe."""

    resource: Literal["TOPIC", "GROUP"]
    name: str
    operation: Operation


def _rights(
    *,
    reads: Sequence[Topic] = (),
    writes: Sequence[Topic] = (),
    joins: Sequence[str] = (),
    watches: Sequence[str] = (),
) -> tuple[Right, ...]:
    return (
        *(Right("TOPIC", topic.name, "READ") for topic in reads),
        *(Right("TOPIC", topic.name, "WRITE") for topic in writes),
        *(Right("GROUP", group, "READ") for group in joins),
        *(Right("GROUP", group, "DESCRIBE") for group in watches),
    )


_LOG = (topics.EVENTS, topics.PROFILES)

RIGHTS = {
    "emitter": _rights(writes=_LOG),
    "gateway": _rights(writes=(topics.EVENTS,)),
    "worker": _rights(
        reads=(*_LOG, topics.SCHEMAS, topics.RECORDS),
        writes=(topics.RECORDS, topics.SCHEMAS, topics.DEAD_LETTERS),
        joins=(topics.WORKER_GROUP,),
        watches=(topics.READER,),
    ),
    "graph-sink": _rights(
        reads=(topics.RECORDS,), writes=(topics.DEAD_LETTERS,), joins=(topics.GRAPH_SINK_GROUP,)
    ),
    "ledger": _rights(
        reads=(topics.EVENTS, topics.RECORDS, topics.HEADS),
        writes=(topics.HEADS,),
        watches=(topics.READER,),
    ),
    "api": _rights(
        reads=(*_LOG, topics.RECORDS, topics.SCHEMAS, topics.DEAD_LETTERS),
        # The log, to send a dead letter back to where it came from.
        writes=(*_LOG, topics.ACCESS),
        watches=(topics.WORKER_GROUP, topics.GRAPH_SINK_GROUP, topics.READER),
    ),
    # The commands that read the log: completeness, replay, audit, archive.
    "auditor": _rights(
        reads=(*_LOG, topics.RECORDS, topics.DEAD_LETTERS, topics.HEADS),
        watches=(topics.WORKER_GROUP, topics.GRAPH_SINK_GROUP, topics.READER),
    ),
}
"""Every part by its name, and what it may do."""


def grant(bootstrap: str, part: str, principal: str) -> None:
    """Let a principal do what a part needs.

    Args:
        bootstrap: Kafka's `host:port`.
        principal: As Kafka names it, such as `User:worker`.

    Raises:
        HeadwaterError: If Kafka refuses.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({**kafka_client(bootstrap), "log_level": 0})
    try:
        for made in admin.create_acls(list(_bindings(part, principal))).values():
            made.result(_TIMEOUT_S)
    except KafkaException as error:
        raise HeadwaterError(
            f"Kafka does not grant {principal} what the {part} needs: {error.args[0].str()}",
            remedy="Grant as a principal with ALTER on the cluster; see that it has an authorizer.",
        ) from error


def _bindings(part: str, principal: str) -> "Iterator[AclBinding]":
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    for right in RIGHTS[part]:
        yield AclBinding(
            ResourceType[right.resource],
            right.name,
            ResourcePatternType.LITERAL,
            principal,
            "*",
            AclOperation[right.operation],
            AclPermissionType.ALLOW,
        )
