"""The words that the resolver goes by, as data: functions, pseudo columns, dialects' habits."""

import json
from pathlib import Path

_LISTS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("vocabulary.json").read_text(encoding="utf-8")
)
WORDS = {name: frozenset(words) for name, words in _LISTS.items()}
"""Lower-case words by the name of their list in `vocabulary.json`."""
