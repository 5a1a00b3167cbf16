"""Setting the graph sinks back to the beginning of the records, for a graph made anew."""

from contextlib import closing

from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_client
from ..schemas.topics import GRAPH_SINK_GROUP, RECORDS

_TIMEOUT_S = 15.0


def rewind_graph_sinks(bootstrap: str, group: str = GRAPH_SINK_GROUP) -> int:
    """Have the graph sinks read every record again when they start.

    Args:
        bootstrap: Kafka's `host:port`.

    Returns:
        Of how many partitions.

    Raises:
        HeadwaterError: If a sink runs, or was one until just now, or Kafka refuses.
    """
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    settings = {**kafka_client(bootstrap), "group.id": group, "enable.auto.commit": False}
    with closing(Consumer(settings)) as consumer:
        try:
            known = consumer.list_topics(RECORDS.name, _TIMEOUT_S).topics[RECORDS.name]
            starts = [TopicPartition(RECORDS.name, number) for number in known.partitions]
            for start in starts:
                start.offset, _ = consumer.get_watermark_offsets(start, _TIMEOUT_S)
            consumer.commit(offsets=starts, asynchronous=False)
        except KafkaException as error:
            raise HeadwaterError(
                f"the graph sinks cannot be set back: {error.args[0].str()}",
                remedy="Stop them, and try again once Kafka has let them go, after 45 s.",
            ) from error
    return len(starts)
