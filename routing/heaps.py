"""A heap whose members can leave or change without a search: stale entries are dropped when they reach the head.

Law: the order is (key, member), so it does not depend on the history of the heap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

_SLACK = 64


class LazyHeap:
    """Members with an integer key, smallest first. ``operations`` counts pushes and pops of the underlying heap."""

    __slots__ = ("_entries", "_generation", "_live", "operations")

    def __init__(self) -> None:
        self._entries: list[tuple[int, str, int]] = []
        self._live: dict[str, int] = {}
        self._generation = 0
        self.operations = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, member: str) -> bool:
        return member in self._live

    def members(self) -> Iterator[str]:
        """In order of joining."""
        return iter(self._live)

    def push(self, key: int, member: str) -> None:
        """Put a member in, or give it another key."""
        self._generation += 1
        self._live[member] = self._generation
        heappush(self._entries, (key, member, self._generation))
        self.operations += 1
        if len(self._entries) > 2 * len(self._live) + _SLACK:
            self._rebuild()

    def discard(self, member: str) -> None:
        self._live.pop(member, None)

    def head(self) -> tuple[int, str] | None:
        while self._entries:
            key, member, generation = self._entries[0]
            if self._live.get(member) == generation:
                return key, member
            heappop(self._entries)
            self.operations += 1
        return None

    def first(self, is_fit: Callable[[str], bool]) -> tuple[int, str] | None:
        """The first member that fits; those before it are set aside and put back."""
        aside: list[tuple[int, str, int]] = []
        found = self.head()
        while found is not None and not is_fit(found[1]):
            aside.append(heappop(self._entries))
            self.operations += 1
            found = self.head()
        for entry in aside:
            heappush(self._entries, entry)
            self.operations += 1
        return found

    def _rebuild(self) -> None:
        self._entries = [entry for entry in self._entries if self._live.get(entry[1]) == entry[2]]
        heapify(self._entries)
