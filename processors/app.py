"""The Faust app: thin agents that feed the pipeline and send on what it returns.

What is held to, and why (faust-streaming 0.15):

- Raw bytes in: Faust skips a message that its own decoding refuses.
- An agent body never raises, and is never cancelled half-way: Faust acknowledges what an
  exception or a cancellation leaves behind. A batch in work is finished, or the process
  ends before it acknowledges.
- `concurrency=1`: with more, offsets are committed past events still in work.
- Every output's acknowledgement is awaited before the batch is done.
"""

import asyncio
import logging
import os
import random
import tempfile
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faust
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from ..schemas import topics
from ..schemas.kafka import kafka_settings
from .credentials import credentials
from .liveness import Liveness
from .message import Message, Position, Send
from .metrics import Metrics
from .pipeline import Outcome, Pipeline
from .recall import Recall
from .schema_feed import SchemaFeed
from .settings import WorkerSettings

log = logging.getLogger(__name__)

EXIT_INFRASTRUCTURE = 70
STALL_S = 60.0
"""With messages waiting and none committed for so long, the consumer is taken for dead."""
_BACKOFF_S_MAX = 10.0


def build(
    settings: WorkerSettings,
    pipeline: Pipeline,
    feed: SchemaFeed,
    recall: Recall,
    metrics: Metrics,
) -> faust.App:
    """Return the app that runs a pipeline on Kafka.

    Raises:
        HeadwaterError: If Faust cannot reach Kafka in the way that is asked for.
    """
    app = faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka_bootstrap.replace(',', ';kafka://')}",
        broker_credentials=credentials(kafka_settings()),
        store="memory://",
        # No table of ours lies there, but Faust makes the folder: not where the user stands.
        datadir=str(Path(tempfile.gettempdir()) / f"headwater-{os.getuid()}"),
        value_serializer="raw",
        key_serializer="raw",
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        broker_max_poll_records=500,
        broker_session_timeout=30.0,
        consumer_group_instance_id=settings.instance or "",
        stream_buffer_maxsize=1024,
        stream_wait_empty=False,
        producer_compression_type="lz4",
        producer_max_request_size=topics.DEAD_LETTERS.message_bytes_max,
        producer_request_timeout=120.0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    worker = _Worker(app, pipeline, feed, recall, metrics, settings)
    for topic in (topics.EVENTS, topics.PROFILES):
        source = app.topic(topic.name, value_type=bytes, key_type=bytes)
        app.agent(source, name=topic.name, concurrency=1)(worker.consume)
    app.timer(interval=1.0)(worker.learn)
    app.timer(interval=STALL_S / 6)(worker.watch)
    app.on_partitions_assigned.connect(worker.on_assigned)
    return app


class _Worker:
    """What the agents share: one pipeline, run in one thread beside the event loop."""

    def __init__(
        self,
        app: faust.App,
        pipeline: Pipeline,
        feed: SchemaFeed,
        recall: Recall,
        metrics: Metrics,
        settings: WorkerSettings,
    ) -> None:
        self._app = app
        self._pipeline = pipeline
        self._feed = feed
        self._recall = recall
        self._recalling: asyncio.Task[None] | None = None
        self._metrics = metrics
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, "pipeline")
        self._liveness = Liveness(settings.kafka_bootstrap, settings.group, STALL_S)
        self._working = 0

    async def consume(self, stream: Any) -> None:
        """Process a topic, batch by batch."""
        settings = self._settings
        async for events in stream.take_events(settings.batch_size_max, settings.batch_wait_s):
            await self._finished([_message(event.message) for event in events])

    async def learn(self) -> None:
        """Take in the schemas that other workers found, also while no event comes."""
        envelopes = self._feed.drain()
        if envelopes:
            await self._deliver(await self._run(self._pipeline.learn, envelopes))

    async def watch(self) -> None:
        """End the process when its consumer stands still; the supervisor starts another."""
        assigned = [(tp.topic, tp.partition) for tp in self._app.consumer.assignment()]
        loop = asyncio.get_running_loop()
        stalled = await loop.run_in_executor(None, self._liveness.stalled, assigned)
        if stalled and not self._working:
            log.critical("nothing committed for %.0f s with messages waiting: ending", STALL_S)
            os._exit(EXIT_INFRASTRUCTURE)

    async def on_assigned(self, *_: Any, **__: Any) -> None:
        """Say that events are being taken, and take up what waited in these partitions."""
        self._metrics.ready.set(1)
        if self._recalling is not None:
            self._recalling.cancel()
        places = [(tp.topic, tp.partition) for tp in self._app.consumer.assignment()]
        self._recalling = asyncio.create_task(self.recall(places))

    async def recall(self, assigned: Sequence[tuple[str, int]]) -> None:
        """Take up again, between the batches, what workers before this one were done with."""
        async for _ in _backoff():
            try:
                await self._recall_once(assigned)
                return
            except KafkaException as error:
                log.warning("the events before this worker's cannot be read: %s", error)
            except Exception:
                log.critical("the worker cannot go on", exc_info=True)
                os._exit(EXIT_INFRASTRUCTURE)

    async def _recall_once(self, assigned: Sequence[tuple[str, int]]) -> None:
        loop = asyncio.get_running_loop()
        batches = self._recall.events(assigned)
        while batch := await loop.run_in_executor(None, next, batches, None):
            await self._deliver(await self._run(self._pipeline.recall, batch))

    async def _finished(self, messages: Sequence[Message]) -> None:
        """Process a batch to its end, even when the agent is cancelled meanwhile."""
        batch = asyncio.ensure_future(self._batch(messages))
        try:
            await asyncio.shield(batch)
        except asyncio.CancelledError:
            await batch
            raise

    async def _batch(self, messages: Sequence[Message]) -> None:
        self._working += 1
        try:
            await self._deliver(await self._run(self._pipeline.process, messages))
        except Exception:
            # Not a bad message, which is a dead letter by now. Ending here, before the
            # acknowledgement, is what loses nothing.
            log.critical("the worker cannot go on", exc_info=True)
            os._exit(EXIT_INFRASTRUCTURE)
        finally:
            self._working -= 1

    async def _run(self, step: Any, argument: Any) -> Outcome:
        loop = asyncio.get_running_loop()
        outcome: Outcome = await loop.run_in_executor(self._thread, step, argument)
        return outcome

    async def _deliver(self, outcome: Outcome) -> None:
        """Send everything and wait until the broker has it; retry without limit."""
        async for _ in _backoff():
            try:
                acknowledgements = [await self._send(send) for send in outcome.sends]
                await asyncio.gather(*acknowledgements)
                break
            except KafkaError as error:
                log.warning("sending %d messages failed: %s", len(outcome.sends), error)
                self._metrics.retries.inc()
        self._pipeline.confirm(outcome)
        self._metrics.count(outcome)

    async def _send(self, send: Send) -> Any:
        headers = [(name, value.encode()) for name, value in send.headers]
        return await self._app.producer.send(send.topic, send.key, send.value, None, None, headers)


def _message(message: Any) -> Message:
    """Copy what a Faust message holds."""
    position = Position(message.topic, message.partition, message.offset)
    return Message(position, message.key, message.value)


async def _backoff() -> AsyncIterator[int]:
    """Yield for each attempt, after a wait with full jitter from the second on."""
    attempt = 0
    while True:
        yield attempt
        await asyncio.sleep(random.uniform(0, min(_BACKOFF_S_MAX, 0.1 * 2**attempt)))  # noqa: S311
        attempt += 1
