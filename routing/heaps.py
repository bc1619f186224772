"""A heap whose members can leave or change without a search: stale entries are dropped when they reach the head.

Law: the order is (key, member), so it does not depend on the history of the heap.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

Entry = tuple[int, str, int]
"""Key, member, generation."""
_SLACK = 64


class LazyHeap:
    """Members with an integer key, smallest first. ``operations`` counts pushes and pops of the underlying heap."""

    __slots__ = ("_entries", "_generation", "live", "operations")

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._generation = 0
        self.live: dict[str, int] = {}
        """Members in order of joining, with their generation."""
        self.operations = 0

    def push(self, key: int, member: str) -> None:
        """Put a member in, or give it another key."""
        self._generation += 1
        self.live[member] = self._generation
        heappush(self._entries, (key, member, self._generation))
        self.operations += 1
        if len(self._entries) > 2 * len(self.live) + _SLACK:
            self._rebuild()

    def discard(self, member: str) -> None:
        self.live.pop(member, None)

    def head(self) -> Entry | None:
        entries, live = self._entries, self.live
        while entries:
            entry = entries[0]
            if live.get(entry[1]) == entry[2]:
                return entry
            heappop(entries)
            self.operations += 1
        return None

    def first(self, is_fit: Callable[[str], bool]) -> Entry | None:
        """The first member that fits; those before it are set aside and put back."""
        aside: list[Entry] = []
        found = self.head()
        while found is not None and not is_fit(found[1]):
            aside.append(heappop(self._entries))
            found = self.head()
        for entry in aside:
            heappush(self._entries, entry)
        self.operations += 2 * len(aside)
        return found

    def _rebuild(self) -> None:
        self._entries = [entry for entry in self._entries if self.live.get(entry[1]) == entry[2]]
        heapify(self._entries)
