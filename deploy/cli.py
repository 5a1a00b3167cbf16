"""The `headwater` command: one table of commands, each in a file of its own."""

import importlib
import os
import sys
from types import ModuleType

from ..schemas.errors import HeadwaterError

try:
    import typer

    from . import terminal
except ModuleNotFoundError as error:
    sys.exit(f"error: {error}\nremedy: pip install 'headwater[local]'")

COMMANDS = {
    "demo": "Run the main job on real data, from CSV to a trained model, and check the answers.",
    "up": "Start the embedded stack: Kafka, JanusGraph, and Headwater's own services.",
    "down": "Stop the embedded stack, and remove its data if asked.",
    "status": "Show the running parts, their memory, the topics and what waits in them.",
    "impact": "Show what depends on a column, dataset or model.",
    "trace": "Show where a model, dataset or column comes from.",
    "diff": "Show what changed between two times, and by which run and commit.",
    "pii": "Show which personal data a report shows, by whose consent.",
    "annotate": "Say something of a dataset, column, job or model, or take it back.",
    "passport": "Show what made a model: code, data, hyperparameters, seeds, environment.",
    "models": "List versions of models: all, or those trained on a column, near or far.",
    "compare": "Name every difference between two versions of models.",
    "reproduce": "Write the recipe that makes a model again, and say what is missing.",
    "import": "Read what dbt, query logs or trackers of training runs have recorded.",
    "run": "Run a training script or dbt unchanged, and record what it does.",
    "schemas": "Tell the schemas of a database's tables, from its information_schema.",
    "profile": "Show the phases, slowest layers and findings of a training.",
    "resolve": "Show the column lineage of SQL in a file, or how a change of it differs.",
    "audit": "Prove that nothing recorded was altered or lost.",
    "erase": "Make a person's names in all records unreadable, for ever.",
    "archive": "Copy what is signed to Parquet files that prove themselves.",
    "replay": "Make the records anew from the log of events, and compare.",
    "topics": "Show the topics, create them on a Kafka of your own, grant who needs them.",
    "worker": "Run a stream worker: events in, records out.",
    "graph-sink": "Run a graph sink: records into the graph.",
    "ledger": "Run the ledger: trees over the log, and their signed heads.",
    "serve": "Answer questions over HTTP from an index in memory, and stream what comes in.",
    "fetch": "Fetch the jars of Kafka and JanusGraph, for example before going offline.",
    "gateway": "Take OpenLineage events by HTTP and write them to Kafka.",
    "spool": "Show and ship the events that lie in an emitter's spool.",
    "completeness": "Show whether all that emitters took is accounted for.",
    "doctor": "Check this machine and the running stack, and say what to do.",
    "version": "Show the versions of Headwater and of what it runs.",
}
"""Every command with its one line of help. To add one: a line here, a file in `commands/`."""

_EPILOG = "Every command takes --help and --json. Set HEADWATER_DEBUG=1 to see tracebacks."


def main() -> None:
    """Run the command that the arguments name."""
    try:
        build(sys.argv[1:])(prog_name="headwater")
    except HeadwaterError as error:
        _fail(error)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("headwater"):
            raise
        _fail(HeadwaterError(str(error), remedy="Run `pip install 'headwater[local]'`."))


def _fail(error: HeadwaterError) -> None:
    if os.environ.get("HEADWATER_DEBUG"):
        raise error
    terminal.report(error, as_json="--json" in sys.argv)
    sys.exit(terminal.exit_code(error))


def build(words: list[str]) -> typer.Typer:
    """Make the application; only the commands that are named are imported.

    Args:
        words: The command line's arguments.
    """
    app = typer.Typer(
        help="Column-level lineage for data and ML, as a stream.",
        epilog=_EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # While completing, the shell hands the words over in the environment.
    for variable in ("_TYPER_COMPLETE_ARGS", "COMP_WORDS"):
        words = words + os.environ.get(variable, "").split()
    for name, summary in COMMANDS.items():
        if name in words:
            _register(app, name, summary)
        else:
            app.command(name, help=summary)(_not_imported)
    return app


def _register(app: typer.Typer, name: str, summary: str) -> None:
    module = load(name)
    command = module.command
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, help=summary)
    else:
        app.command(name, context_settings=getattr(module, "CONTEXT_SETTINGS", None))(command)


def load(name: str) -> ModuleType:
    """Import the file of a command."""
    package = f"{__package__}.commands"
    return importlib.import_module(f"{package}.{name.replace('-', '_')}")


def _not_imported() -> None:
    raise AssertionError("a command that the arguments do not name was run")


if __name__ == "__main__":
    main()
