"""Sessions: statements that leave something behind for later ones of the same session.

Which statements came before another is told by the times of their events, so it is a
function of the events and not of the order in which they arrive.
"""

import re
from bisect import bisect_left, insort
from collections import OrderedDict
from typing import NamedTuple

_LEAVES_STATE = re.compile(
    r"\b(?:use|set|declare|let|reset|cache|temp|temporary|volatile|private)\b|[#@]\w",
    re.IGNORECASE,
)


def leaves_state(sql: str) -> bool:
    """Whether a text may change what later texts of its session mean."""
    return _LEAVES_STATE.search(sql) is not None


_MAKES = re.compile(r"\b(?:create|alter|drop|rename|into|exchange|sp_rename)\b", re.IGNORECASE)


def sets_scene(sql: str) -> bool:
    """Whether a text may change what other statements rest on: its session, or a schema."""
    return leaves_state(sql) or _MAKES.search(sql) is not None


class _Text(NamedTuple):
    at: str
    event_id: str
    sql: str


class Sessions:
    """The statements of the latest sessions that leave state behind, in the order of their times.

    Bounded by count: the session used longest ago is forgotten first, and of a session its
    earliest statements.
    """

    def __init__(self, sessions_max: int = 10_000, texts_max: int = 200) -> None:
        self._texts: OrderedDict[str, list[_Text]] = OrderedDict()
        self._sessions_max = sessions_max
        self._texts_max = texts_max

    def note(self, session: str, at: str, event_id: str, sql: str) -> bool:
        """Note a statement of a session; return whether it was new and may matter to others."""
        if not leaves_state(sql):
            return False
        texts = self._texts.setdefault(session, [])
        self._texts.move_to_end(session)
        text = _Text(at, event_id, sql)
        if text in texts:
            return False
        insort(texts, text)
        del texts[: max(0, len(texts) - self._texts_max)]
        if len(self._texts) > self._sessions_max:
            self._texts.popitem(last=False)
        return True

    def before(self, session: str, at: str, sql: str) -> tuple[str, ...]:
        """Return the statements of a session before a time, less the one that is asked about.

        The events of one run repeat its statement, and it does not come before itself.
        """
        texts = self._texts.get(session, [])
        earlier = texts[: bisect_left(texts, _Text(at, "", ""))]
        return tuple(text.sql for text in earlier if text.sql != sql)
