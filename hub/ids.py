"""Opaque ids and the UUIDv7 source. One law: an id sorts by the moment it was made."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final, NewType

EventId = NewType("EventId", str)
Position = NewType("Position", int)
CustomerId = NewType("CustomerId", str)
InteractionId = NewType("InteractionId", str)
ChannelId = NewType("ChannelId", str)
QueueId = NewType("QueueId", str)
AgentId = NewType("AgentId", str)
OfferId = NewType("OfferId", str)
OutboxId = NewType("OutboxId", str)
MediaId = NewType("MediaId", str)
"""Lower-case hex SHA-256 of the content: the same bytes are stored once."""
ClientId = NewType("ClientId", str)
"""Made by the sender of a command; the same client id again gives the same result."""
Actor = NewType("Actor", str)
"""Who did it: ``customer``, ``agent:<id>``, ``rule:<id>`` or ``system``."""

CUSTOMER: Final = Actor("customer")
SYSTEM: Final = Actor("system")

_RANDOM_BITS = 62
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def agent_actor(agent: AgentId) -> Actor:
    return Actor(f"agent:{agent}")


def actor_agent(actor: Actor) -> AgentId | None:
    """The agent behind an actor, or None where it was nobody of ours."""
    kind, _, name = actor.partition(":")
    return AgentId(name) if kind == "agent" else None


def first_at(milliseconds: int) -> str:
    """Smaller than every UUIDv7 of this moment (Unix time) or later, greater than every earlier one."""
    text = f"{milliseconds:012x}"
    return f"{text[:8]}-{text[8:]}"


class Pool:
    """Random bytes of the system, fetched in large pieces: a call for eight costs more than making the id."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._bytes = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            self._bytes, self._at = os.urandom(max(self._size, count)), 0
        self._at += count
        return self._bytes[self._at - count : self._at]


class Ids:
    """A source of UUIDv7 strings (RFC 9562 section 5.7), ascending within one process, safe on threads.

    ``milliseconds`` gives Unix time in milliseconds; ``random`` gives that many random bytes.
    """

    def __init__(
        self,
        milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        random: Callable[[int], bytes] | None = None,
    ) -> None:
        self._milliseconds = milliseconds
        self._random = random or Pool().take
        self._lock = threading.Lock()
        self._last = 0
        self._count = 0

    def new(self) -> str:
        with self._lock:
            now = self._milliseconds()
            if now > self._last:
                self._last, self._count = now, 0
            else:
                self._count += 1
                if self._count > 0xFFF:
                    self._last, self._count = self._last + 1, 0
            moment, count = self._last, self._count
        noise = int.from_bytes(self._random(8), "big") & ((1 << _RANDOM_BITS) - 1)
        number = (moment << 80) | _VERSION_7 | (count << 64) | _VARIANT | noise
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
