"""`headwater ledger`: run the ledger."""


def command() -> None:
    """Build trees over the log and sign their heads, until SIGTERM.

    It is told by environment where things are: HEADWATER_KAFKA_BOOTSTRAP, HEADWATER_LEDGER_DIR,
    HEADWATER_METRICS_PORT. There is one of it, with a directory that it keeps.

    Exit codes: 0 stopped as asked; 70 the log is no longer the one that was signed, or is away.
    """
    from ...sinks.ledger.__main__ import main

    main()
