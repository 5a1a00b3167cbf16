"""`headwater graph-sink`: run a graph sink."""


def command() -> None:
    """Write records to the graph, until SIGTERM.

    It is told by environment where things are: HEADWATER_KAFKA_BOOTSTRAP, HEADWATER_GREMLIN_URL,
    HEADWATER_GREMLIN_IDENTITY, HEADWATER_INSTANCE, HEADWATER_METRICS_PORT.

    Exit codes: 0 stopped as asked; 1 a setting means nothing; 75 a write was cut short.
    """
    from ...sinks.graph.__main__ import main

    main()
