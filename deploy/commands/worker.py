"""`headwater worker`: run a stream worker."""


def command() -> None:
    """Take events from Kafka and send on their records, until SIGTERM.

    It is told by environment where things are: HEADWATER_KAFKA_BOOTSTRAP, HEADWATER_VAULT,
    HEADWATER_INSTANCE, HEADWATER_METRICS_PORT. Several share the work, each with an instance of
    its own name.

    Exit codes: 0 stopped as asked; 70 Kafka cannot be used.
    """
    from ...processors.worker import main

    main()
