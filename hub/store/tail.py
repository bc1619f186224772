"""The newest events that this process has committed. Law: what it gives is what the store would give.

Readers that follow the head find their events here instead of reading back what was just written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

from hub.events import Event

EVENTS: Final = 2_000
BYTES: Final = 4_000_000


class Tail:
    """One unbroken run of positions; bounded in events and in bytes of their data."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._bytes = 0

    def add(self, events: Sequence[Event]) -> None:
        """Events that were committed, ascending. Behind a gap, which another process has filled, a new run begins."""
        if self._events and events[0].position != self._events[-1].position + 1:
            self._events.clear()
            self._bytes = 0
        self._events.extend(events)
        self._bytes += sum(len(event.data) for event in events)
        while len(self._events) > EVENTS or self._bytes > BYTES:
            self._bytes -= len(self._events.popleft().data)

    def after(self, position: int, limit: int) -> list[Event] | None:
        """The next events behind a position; None when only the store knows."""
        if not self._events:
            return None
        skip = position + 1 - self._events[0].position
        if not 0 <= skip < len(self._events):
            return None
        return list(islice(self._events, skip, skip + limit))
