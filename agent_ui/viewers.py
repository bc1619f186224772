"""Who looks at whom: a small map of this process, kept alive by hints and forgetting by itself.

An agent with two windows counts once, by what the busier window does.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final, Literal, Protocol

import msgspec

from agent_ui import frames as fr
from agent_ui.screens import Screens
from hub.ids import AgentId, CustomerId
from hub.signals import CustomerTyping, Signals, Viewing
from hub.store.users import User

AGAIN_SECONDS: Final = 10.0
FORGET_SECONDS: Final = 30.0
"""Who is not heard of for so long has gone; who has not typed for so long has stopped writing."""
RANKS: Final = {"gone": 0, "reading": 1, "writing": 2}
_viewing: Final = msgspec.json.Decoder(Viewing)
_typing: Final = msgspec.json.Decoder(CustomerTyping)


class Watcher(Protocol):
    """A live connection with something open on it."""

    customer_id: CustomerId | None
    doing: Literal["reading", "writing"]
    said_at: float
    """When it last said that its agent writes."""

    @property
    def user(self) -> User: ...

    def tell(self, frame: fr.ServerFrame) -> None: ...


class Viewers:
    """``run`` hears the signals of all processes and tells the screens of this one."""

    def __init__(self, signals: Signals, screens: Screens) -> None:
        self._signals = signals
        self._screens = screens
        self._here: dict[CustomerId, set[Watcher]] = defaultdict(set)
        self._seen: dict[CustomerId, dict[AgentId, tuple[Viewing, float]]] = {}

    # from the screens of this process

    async def look(self, screen: Watcher, customer_id: CustomerId | None) -> None:
        """The screen shows somebody else now, or nobody."""
        before, screen.customer_id, screen.doing = screen.customer_id, customer_id, "reading"
        if before is not None and before != customer_id:
            self._here[before].discard(screen)
            if not self._here[before]:
                del self._here[before]
            await self._say(before, screen.user)
        if customer_id is not None:
            self._here[customer_id].add(screen)
            screen.tell(self._presence(customer_id, screen.user.agent_id))
            await self._say(customer_id, screen.user)

    async def write(self, screen: Watcher, *, on: bool) -> None:
        """The agent writes to the customer on the screen, or has stopped."""
        before, screen.doing = screen.doing, "writing" if on else "reading"
        screen.said_at = asyncio.get_running_loop().time()
        if screen.customer_id is not None and before != screen.doing:
            await self._say(screen.customer_id, screen.user)

    async def _say(self, customer_id: CustomerId, user: User) -> None:
        gone = Viewing(customer_id=customer_id, agent_id=user.agent_id, name=user.name, doing="gone")
        await self._signals.viewing(self._mine(customer_id, user.agent_id) or gone)

    def _mine(self, customer_id: CustomerId, agent_id: AgentId) -> Viewing | None:
        """What the agent does with this customer, on all windows of this process together."""
        mine = [one for one in self._here.get(customer_id, ()) if one.user.agent_id == agent_id]
        if not mine:
            return None
        lately = asyncio.get_running_loop().time() - FORGET_SECONDS
        is_writing = any(one.doing == "writing" and one.said_at > lately for one in mine)
        doing: Literal["reading", "writing"] = "writing" if is_writing else "reading"
        return Viewing(customer_id=customer_id, agent_id=agent_id, name=mine[0].user.name, doing=doing)

    # from everywhere

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear_viewers())
            tasks.create_task(self._hear_customers())
            tasks.create_task(self._say_again())

    async def _hear_viewers(self) -> None:
        async with self._signals.viewers() as payloads:
            async for payload in payloads:
                try:
                    heard = _viewing.decode(payload)
                except (msgspec.DecodeError, UnicodeError):
                    continue  # a stranger on the same Redis
                if (mine := self._take(heard)) is not None:
                    await self._signals.viewing(mine)

    def _take(self, heard: Viewing) -> Viewing | None:
        """Note what was heard. Gives what has to be said against it: another window of the agent does more here."""
        mine = self._mine(heard.customer_id, heard.agent_id)
        if mine is not None and RANKS[mine.doing] > RANKS[heard.doing]:
            self._note(mine)
            return mine
        self._note(heard)
        return None

    def _note(self, now: Viewing) -> None:
        known = self._seen.setdefault(now.customer_id, {})
        before = known.pop(now.agent_id, None)
        if now.doing != "gone":
            known[now.agent_id] = (now, asyncio.get_running_loop().time())
        elif not known:
            del self._seen[now.customer_id]
        if (before[0] if before else None) != (now if now.doing != "gone" else None):
            self._tell(now.customer_id, but=now.agent_id)

    def _tell(self, customer_id: CustomerId, but: AgentId) -> None:
        """Everybody who looks at the same customer, except the one it is about."""
        for screen in tuple(self._here.get(customer_id, ())):
            if screen.user.agent_id != but:
                screen.tell(self._presence(customer_id, screen.user.agent_id))

    def _presence(self, customer_id: CustomerId, but: AgentId) -> fr.Presence:
        """Everybody but the one who asks."""
        lately = asyncio.get_running_loop().time() - FORGET_SECONDS
        known = self._seen.get(customer_id, {})
        agents = tuple(
            fr.Viewer(agent_id=one.agent_id, name=one.name, doing="writing" if one.doing == "writing" else "reading")
            for one, at in known.values()
            if one.agent_id != but and at > lately
        )
        return fr.Presence(customer_id=customer_id, agents=agents)

    async def _hear_customers(self) -> None:
        async with self._signals.typing_customers() as payloads:
            async for payload in payloads:
                try:
                    typing = _typing.decode(payload)
                except (msgspec.DecodeError, UnicodeError):
                    continue  # a stranger on the same Redis
                self._screens.tell(fr.Typing(interaction_id=typing.interaction_id, on=typing.on))

    async def _say_again(self) -> None:
        """What is still open is said again; what nobody says any more is forgotten."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            for customer_id, screens in tuple(self._here.items()):
                for user in {one.user.agent_id: one.user for one in screens}.values():
                    await self._say(customer_id, user)
            self._forget()

    def _forget(self) -> None:
        lately = asyncio.get_running_loop().time() - FORGET_SECONDS
        for known in tuple(self._seen.values()):
            for one, at in tuple(known.values()):
                if at <= lately:
                    self._note(msgspec.structs.replace(one, doing="gone"))
