"""Search: one long text of all names, which Python scans faster than any index of ours would.

200,000 names are about 10 MB and are scanned in a few milliseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

BORDERS = "./:@"
_LINE = "\n"


class Text:
    """Names, one a line, in lower case."""

    def __init__(self) -> None:
        self._text = _LINE
        self._starts: list[int] = []
        self._entries: list[int] = []

    def extend(self, names: Iterable[tuple[int, str]]) -> None:
        """Add names, each with the number to find it by."""
        lines = []
        length = len(self._text)
        for entry, name in names:
            line = name.replace(_LINE, " ").lower() + _LINE
            self._starts.append(length)
            self._entries.append(entry)
            length += len(line)
            lines.append(line)
        self._text += "".join(lines)

    def containing(self, text: str) -> Iterator[tuple[int, bool]]:
        """Yield each name that contains a text, and whether a part of the name begins so."""
        text = text.lower()
        place = self._text.find(text) if text and _LINE not in text else -1
        while place >= 0:
            line = bisect_right(self._starts, place) - 1
            end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self._text)
            yield self._entries[line], self._begins(text, place, end)
            place = self._text.find(text, end)

    def ending(self, text: str) -> Iterator[int]:
        """Yield each name that ends in a text, at the border of one of its parts."""
        text = text.lower() + _LINE
        place = self._text.find(text)
        while place >= 0:
            if self._text[place - 1] in BORDERS + _LINE:
                yield self._entries[bisect_right(self._starts, place) - 1]
            place = self._text.find(text, place + len(text) - 1)

    def _begins(self, text: str, place: int, end: int) -> bool:
        while 0 <= place < end:
            if self._text[place - 1] in BORDERS + _LINE:
                return True
            place = self._text.find(text, place + 1, end)
        return False
