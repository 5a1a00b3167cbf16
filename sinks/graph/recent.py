"""A bounded memory of what was seen last."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping that forgets what was longest not used once it holds `size_max` keys."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._items: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._items

    def get(self, key: K) -> V | None:
        """Return what is held for a key, which counts as a use."""
        if key not in self._items:
            return None
        self._items.move_to_end(key)
        return self._items[key]

    def add(self, items: Iterable[tuple[K, V]]) -> None:
        """Hold these, and forget as many of the oldest as it takes."""
        for key, value in items:
            self._items[key] = value
            self._items.move_to_end(key)
        while len(self._items) > self._size_max:
            self._items.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
