"""Passing signals, never stored: who is typing, who is looking. They travel over the bus and may be lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final, Literal

import msgspec

from hub.addresses import Address
from hub.bus.in_process import Readers
from hub.errors import Unavailable
from hub.feed import Feed
from hub.ids import AgentId, ChannelId, CustomerId, InteractionId
from hub.ports import Bus, Hint
from hub.store import Store, View, talk, work
from hub.store.events import events_after

_LINE: Final = "line:"
CUSTOMER_TYPING: Final = "typing"
VIEWING: Final = "viewing"
Doing = Literal["reading", "writing", "gone"]


class CustomerTyping(msgspec.Struct, frozen=True, kw_only=True):
    interaction_id: InteractionId
    on: bool


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """An agent looks at a customer, or writes to one. Said again every few seconds; silence means gone."""

    customer_id: CustomerId
    agent_id: AgentId
    name: str
    doing: Doing


_hint: Final = msgspec.json.Decoder(Hint)
_CHANGED: Final = msgspec.json.encode(Hint("changed"))
_BATCH: Final = 500


class Signals:
    def __init__(self, bus: Bus, store: Store) -> None:
        self._bus = bus
        self._store = store
        self._near = Readers()
        """Customers' sockets of this process."""
        self._feed: Feed | None = None

    async def run(self, feed: Feed) -> None:
        """Wake the conversations of this process: by what the stream says, and by what others signal."""
        self._feed = feed
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(feed))
            tasks.create_task(self._hear())

    async def _hear(self) -> None:
        async with self._bus.subscribe(f"{_LINE}*") as payloads:
            async for payload in payloads:
                try:
                    signal = _signal.decode(payload)
                except msgspec.DecodeError:
                    continue  # a stranger on the same Redis
                self._near.deliver(signal.topic, msgspec.json.encode(signal.hint))

    async def _follow(self, feed: Feed) -> None:
        await feed.begun.wait()
        position = feed.head
        while True:
            await feed.until_behind(position)
            if not self._near.is_heard:
                position = feed.head
                continue
            try:
                position = await self._wake(position)
            except Unavailable:
                await asyncio.sleep(0.5)

    async def _wake(self, position: int) -> int:
        def query(view: View) -> tuple[int, set[str]]:
            found = events_after(view, position, _BATCH)
            ids = {event.interaction_id for event in found if event.interaction_id and concerns_customer(event.type)}
            topics = {line_topic(one.channel_id, one.address) for one in work.interactions_by_id(view, ids)}
            return (found[-1].position if found else position), topics

        after, topics = await self._store.read(query)
        for topic in topics:
            self._near.deliver(topic, _CHANGED)
        return after

    # customers

    async def customer_typing(self, channel: ChannelId, address: Address, *, on: bool) -> None:
        """Tell agents. Nothing where this address has no open conversation."""

        def query(view: View) -> InteractionId | None:
            found = talk.talk(view, channel, address, after=0, limit=0).interaction
            return found.interaction_id if found is not None and found.is_open else None

        interaction_id = await self._store.read(query)
        if interaction_id is not None:
            typing = CustomerTyping(interaction_id=interaction_id, on=on)
            await self._bus.publish(CUSTOMER_TYPING, msgspec.json.encode(typing))

    @asynccontextmanager
    async def line(self, channel: ChannelId, address: Address) -> AsyncGenerator[AsyncIterator[bytes]]:
        """JSON of Hint."""
        async with self._near.listen(line_topic(channel, address)) as payloads:
            with self._feed.awaited() if self._feed is not None else nullcontext():
                yield payloads

    # agents

    async def agent_typing(self, interaction_id: InteractionId, name: str, *, on: bool) -> None:
        """Tell the customer."""
        found = await self._store.read(lambda view: work.interactions_by_id(view, (interaction_id,)))
        for one in found:
            topic = line_topic(one.channel_id, one.address)
            await self._bus.publish(topic, msgspec.json.encode(Signal(topic, Hint("typing", on, name))))

    async def viewing(self, viewing: Viewing) -> None:
        await self._bus.publish(VIEWING, msgspec.json.encode(viewing))

    def typing_customers(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """JSON of CustomerTyping."""
        return self._bus.subscribe(CUSTOMER_TYPING)

    def viewers(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """JSON of Viewing."""
        return self._bus.subscribe(VIEWING)


class Signal(msgspec.Struct, frozen=True):
    topic: str
    hint: Hint


_signal: Final = msgspec.json.Decoder(Signal)


class Hints:
    """Not a generator: those want to be closed by whoever stops reading."""

    def __init__(self, payloads: AsyncIterator[bytes]) -> None:
        self._payloads = payloads

    def __aiter__(self) -> Hints:
        return self

    async def __anext__(self) -> Hint:
        return _hint.decode(await anext(self._payloads))


def concerns_customer(kind: str) -> bool:
    """Not what the team does among itself."""
    return kind.startswith(("message.", "delivery.", "interaction."))


def line_topic(channel: ChannelId, address: Address) -> str:
    return f"{_LINE}{channel}:{address}"
