"""Run one worker: `python -m headwater.processors.worker`."""

import logging
import sys

import faust
from confluent_kafka import KafkaException

from ..schemas import topics
from ..schemas.errors import HeadwaterError
from ..schemas.exposition import expose
from ..schemas.vault import Vault
from .app import EXIT_INFRASTRUCTURE, build
from .metrics import Metrics
from .pipeline import Pipeline
from .recall import Recall
from .resolve.sandbox import Sandbox
from .resolver_pool import ResolverPool
from .schema_feed import SchemaFeed
from .settings import WorkerSettings

log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM; exit with 70 where Kafka cannot be used."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    settings = WorkerSettings.from_environment()
    metrics = Metrics()
    pool = ResolverPool(Sandbox(settings.resolver_processes))
    try:
        expose(metrics.text, metrics.working)
        feed = SchemaFeed(settings.kafka_bootstrap)
        recall = Recall(settings.kafka_bootstrap, settings.group)
        pipeline = Pipeline(pool, Vault(settings.vault).seal)
        pipeline.learn(feed.start())
        pipeline.remember(recall.record_ids())
        app = build(settings, pipeline, feed, recall, metrics)
    except HeadwaterError as error:
        log.critical("%s. %s", error.message, error.remedy)
        sys.exit(EXIT_INFRASTRUCTURE)
    except KafkaException as error:
        log.critical("cannot read the topic %s: %s", topics.RECORDS.name, error)
        sys.exit(EXIT_INFRASTRUCTURE)
    metrics.watch(pipeline.waiting)
    faust.Worker(
        app, loglevel="INFO", logfile=None, override_logging=False
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
