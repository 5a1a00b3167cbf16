"""The emitter against the broker that others run in containers, where Docker is to be had."""

import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from headwater.deploy.kafka import create_topics
from headwater.producers import Emitter, run
from headwater.schemas import topics

pytestmark = pytest.mark.stack


def docker_missing() -> str | None:
    """Why no container can be started; None if one can."""
    docker = pytest.importorskip("docker")
    try:
        docker.from_env().ping()
    except docker.errors.DockerException as error:
        return f"no Docker engine answers: {error}"
    return None


def test_events_reach_a_kafka_in_a_container(tmp_path: Path) -> None:
    """Nothing in the emitter rests on the embedded stack."""
    reason = docker_missing()
    if reason:
        pytest.skip(reason)
    from testcontainers.kafka import KafkaContainer

    with KafkaContainer().with_kraft() as container:
        bootstrap = container.get_bootstrap_server()
        create_topics(bootstrap, topics.ALL)
        emitter = Emitter(bootstrap=bootstrap, spool_dir=tmp_path)
        with run("in_a_container", namespace="etl", emitter=emitter):
            pass
        assert emitter.flush(30)
        emitter.close()
        consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": uuid.uuid4().hex,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.subscribe([topics.EVENTS.name])
        found = [consumer.poll(10) for _ in range(2)]
        consumer.close()
    assert all(message is not None and message.error() is None for message in found)
