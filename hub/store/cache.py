"""The identity map of one group of changes: each row is read once, and changed in memory until it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from hub.store import rows

T = TypeVar("T")


class Cache(Generic[T]):
    """Rows of one kind in three layers: as the table has them, what kept changes made, what the running one makes."""

    __slots__ = ("changed", "kind", "known", "waiting")

    def __init__(self, kind: rows.Kind[T]) -> None:
        self.kind = kind
        self.known: dict[str, T | None] = {}
        """None: the table has no such row."""
        self.waiting: dict[str, T] = {}
        self.changed: dict[str, T] = {}

    def get(self, key: str) -> T | None:
        return self.changed.get(key) or self.waiting.get(key) or self.known.get(key)

    def put(self, key: str, now: T | None) -> None:
        if now is not None and now is not self.get(key):
            self.changed[key] = now

    def keep(self) -> None:
        self.waiting |= self.changed
        self.changed = {}

    def written(self) -> None:
        self.known |= self.waiting
        self.waiting = {}

    def touched(self) -> Iterable[T]:
        return (now for key in sorted(self.known) if (now := self.get(key)) is not None)
