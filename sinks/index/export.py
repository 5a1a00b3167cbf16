"""Links as objects of other libraries, where these are installed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...schemas.errors import HeadwaterError
from ..answers import Link

if TYPE_CHECKING:
    import networkx
    import pandas


def to_networkx(links: Iterable[Link]) -> "networkx.MultiDiGraph[tuple[str, ...]]":
    """Return links as a graph of names.

    Raises:
        HeadwaterError: If networkx is not installed.
    """
    try:
        import networkx
    except ImportError:
        raise _missing("networkx") from None
    graph: networkx.MultiDiGraph[tuple[str, ...]] = networkx.MultiDiGraph()
    for link in links:
        said = {"job": link.job, "type": link.type, "subtype": link.subtype}
        graph.add_edge(link.source, link.target, masking=link.masking, **said)
    return graph


def to_pandas(links: Iterable[Link]) -> "pandas.DataFrame":
    """Return links as a table, one a row.

    Raises:
        HeadwaterError: If pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise _missing("pandas") from None
    names = ["source", "target", "job", "type", "subtype", "masking"]
    rows = [tuple(getattr(link, name) for name in names) for link in links]
    return pandas.DataFrame(rows, columns=names)


def _missing(package: str) -> HeadwaterError:
    return HeadwaterError(f"{package} is not installed", remedy=f"`pip install {package}`.")
