"""Fetch what the embedded stack needs."""

from .. import jars
from ..display import Display
from ..terminal import Json, print_json


def command(as_json: Json = False) -> None:
    """Fetch the jars of Kafka and JanusGraph, for example before going offline.

    Exit codes: 0 all are in the cache; 1 one could not be fetched, or is not the pinned one.
    """
    with Display() as display:
        paths = {jar_set.name: jars.class_path(jar_set, display.fetching) for jar_set in jars.ALL}
    if as_json:
        print_json({name: [str(path) for path in found] for name, found in paths.items()})
