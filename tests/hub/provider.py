"""A channel whose provider does what the test says, and a catalog of such accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import msgspec

from hub.catalog import Account, Catalog, Queue
from hub.ids import ChannelId
from hub.ports import Abilities, Outbound, Sent, Tools
from hub.store import Store, View
from tests import given

T = TypeVar("T")
Answer = Exception | Callable[[Outbound], Awaitable[Sent]] | None


class NoSettings(msgspec.Struct, frozen=True):
    pass


class Provider:
    """Takes every message, unless ``answers`` says otherwise for the next ones."""

    kind: ClassVar[str] = "provider"
    Settings: ClassVar[type] = NoSettings

    def __init__(self, **abilities: Any) -> None:
        self.abilities = Abilities(**{"word": "Test", "rate": 10_000.0, **abilities})
        self.answers: list[Answer] = []
        self.always: Answer = None
        self.taken: list[Outbound] = []
        """Every call, in order."""
        self.called = asyncio.Condition()
        self.tools: Tools | None = None
        """Of a whole hub."""

    async def send(self, message: Outbound) -> Sent:
        async with self.called:
            self.taken.append(message)
            self.called.notify_all()
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return await answer(message)
        return Sent(external_id=f"at-provider-{message.outbox_id}")

    async def calls(self, count: int) -> list[Outbound]:
        """Wait for that many calls."""
        async with asyncio.timeout(10), self.called:
            await self.called.wait_for(lambda: len(self.taken) >= count)
        return self.taken

    @property
    def texts(self) -> list[str]:
        return [one.message.text for one in self.taken]


class Held:
    """An answer that the provider gives when the test says so."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, message: Outbound) -> Sent:
        await self.go.wait()
        return Sent(external_id=f"at-provider-{message.outbox_id}")


async def never(message: Outbound) -> Sent:
    """A provider that takes the connection and never answers."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def catalog(**channels: Any) -> Catalog:
    """Accounts by id, all in the queue ``support``."""
    return Catalog(
        queues={given.SUPPORT: Queue(queue_id=given.SUPPORT, name="Support")},
        accounts={
            ChannelId(key): Account(
                channel_id=ChannelId(key), kind=channel.kind, name=key, queue_id=given.SUPPORT, channel=channel
            )
            for key, channel in channels.items()
        },
    )


class Watch:
    """Waits until the store says something; looks after every commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moved = asyncio.Event()
        store.on_commit(lambda events: self._moved.set())

    async def until(self, look: Callable[[View], T], is_it: Callable[[T], bool], seconds: float = 10) -> T:
        found: T | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._moved.clear()
                    found = await self._store.read(look)
                    if is_it(found):
                        return found
                    try:
                        async with asyncio.timeout(0.05):
                            await self._moved.wait()
                    except TimeoutError:
                        continue
        except TimeoutError:
            raise AssertionError(f"it stayed so: {found!r}") from None
