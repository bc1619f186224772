"""What a simulated customer needs of every way to reach the hub: say something, and hear answers."""

from __future__ import annotations

import asyncio
from typing import Protocol

from channels.simulator.statistics import Kind, Statistics


class Lost(Exception):
    """A message that the hub did not acknowledge."""


class RefusedMessage(Exception):
    """A message that the hub does not want."""


class Contact(Protocol):
    """One customer's line. ``stay`` runs beside it until cancelled."""

    kind: Kind

    async def stay(self) -> None: ...

    async def say(self, text: str) -> None:
        """Returns when it is acknowledged. Raises Lost, RefusedMessage."""
        ...

    async def hear(self) -> str:
        """The next answer of an agent."""
        ...


class Ears:
    """Answers as they come in; the same one twice is counted, and heard once."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._heard: set[str] = set()
        self._waiting: asyncio.Queue[str] = asyncio.Queue()

    def take(self, key: str, text: str) -> bool:
        if key in self._heard:
            self._statistics.duplicates += 1
            return False
        self._heard.add(key)
        self._statistics.answered += 1
        self._waiting.put_nowait(text)
        return True

    async def next(self) -> str:
        return await self._waiting.get()
