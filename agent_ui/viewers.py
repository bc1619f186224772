"""Who looks at whom: a small map of this process, kept alive by hints and forgetting by itself."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import msgspec

from agent_ui.frames import Presence, Typing, Viewer
from hub.ids import AgentId, CustomerId
from hub.signals import CustomerTyping, Signals, Viewing

AGAIN_SECONDS: Final = 10.0
FORGET_SECONDS: Final = 30.0
_viewing: Final = msgspec.json.Decoder(Viewing)
_typing: Final = msgspec.json.Decoder(CustomerTyping)


class Screen(Protocol):
    """A live connection."""

    customer_id: CustomerId | None

    def tell(self, frame: Presence | Typing) -> None: ...

    def viewing(self) -> Viewing | None: ...


class Viewers:
    """``run`` hears the signals of all processes and tells the screens of this one."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._screens: set[Screen] = set()
        self._seen: dict[CustomerId, dict[AgentId, tuple[Viewing, float]]] = {}

    def join(self, screen: Screen) -> None:
        self._screens.add(screen)

    def leave(self, screen: Screen) -> None:
        self._screens.discard(screen)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear_viewers())
            tasks.create_task(self._hear_customers())
            tasks.create_task(self._say_again())

    def presence(self, customer_id: CustomerId, but: AgentId) -> Presence:
        """Everybody but the one who asks."""
        now = asyncio.get_running_loop().time()
        known = self._seen.get(customer_id, {})
        viewers = tuple(
            Viewer(agent_id=one.agent_id, name=one.name, doing="writing" if one.doing == "writing" else "reading")
            for one, at in known.values()
            if one.agent_id != but and now - at < FORGET_SECONDS
        )
        return Presence(customer_id=customer_id, agents=viewers)

    async def _hear_viewers(self) -> None:
        async with self._signals.viewers() as payloads:
            async for payload in payloads:
                self._take(_viewing.decode(payload))

    def _take(self, viewing: Viewing) -> None:
        known = self._seen.setdefault(viewing.customer_id, {})
        before = known.get(viewing.agent_id)
        if viewing.doing == "gone":
            known.pop(viewing.agent_id, None)
            if not known:
                self._seen.pop(viewing.customer_id, None)
        else:
            known[viewing.agent_id] = (viewing, asyncio.get_running_loop().time())
        if before is None or before[0] != viewing:
            self._tell(viewing.customer_id)

    def _tell(self, customer_id: CustomerId) -> None:
        for screen in self._screens:
            mine = screen.viewing()
            if mine is not None and mine.customer_id == customer_id:
                screen.tell(self.presence(customer_id, mine.agent_id))

    async def _hear_customers(self) -> None:
        async with self._signals.typing_customers() as payloads:
            async for payload in payloads:
                typing = _typing.decode(payload)
                frame = Typing(interaction_id=typing.interaction_id, on=typing.on)
                for screen in self._screens:
                    screen.tell(frame)

    async def _say_again(self) -> None:
        """What is still open is said again; what nobody says any more is forgotten."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            for screen in tuple(self._screens):
                if (viewing := screen.viewing()) is not None:
                    await self._signals.viewing(viewing)
            now = asyncio.get_running_loop().time()
            for customer_id, known in tuple(self._seen.items()):
                stale = [agent for agent, (_, at) in known.items() if now - at >= FORGET_SECONDS]
                for agent in stale:
                    del known[agent]
                if stale:
                    self._tell(customer_id)
