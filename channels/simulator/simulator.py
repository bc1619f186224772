"""Runs the customers: who comes when, what they do, and what they saw."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from random import Random
from typing import NamedTuple

import aiohttp

from channels.simulator.chatting import Chatting
from channels.simulator.contacts import Contact, Lost, RefusedMessage
from channels.simulator.mailing import Mailing, Sink
from channels.simulator.posting import Posting, Receiver
from channels.simulator.settings import SimulatorSettings
from channels.simulator.statistics import Kind, Statistics
from channels.simulator.stories import Person, meet
from hub.ports import Clock, Secret


class Places(NamedTuple):
    """What all customers share."""

    http: aiohttp.ClientSession
    sink: Sink
    receiver: Receiver


class Simulator:
    """``statistics`` may be read while it runs; ``ready`` is set once answers can be received."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.statistics = Statistics()
        self.sink = Sink()
        self.receiver = Receiver(settings.api_secret or Secret("none"), clock)
        self.ready = asyncio.Event()
        self._chance = Random(settings.seed)  # noqa: S311  # the same seed gives the same customers
        self._name = f"s{settings.seed}t{int(clock.now().timestamp() * 1000):x}"

    async def run(self) -> Statistics:
        """Until the last customer has left. Bounded by ``count`` and ``seconds``."""
        kinds = self._kinds()
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30), connector=aiohttp.TCPConnector(limit=0))
            )
            if self.settings.sink_port is not None:
                await stack.enter_async_context(self.sink.open(self.settings.sink_port))
            if self.settings.receiver_port is not None:
                await stack.enter_async_context(self.receiver.open(self.settings.receiver_port))
            self.ready.set()
            if kinds:
                await self._let_them_come(kinds, Places(http, self.sink, self.receiver))
        return self.statistics

    def _kinds(self) -> list[Kind]:
        settings = self.settings
        found: list[Kind] = ["webchat"] if settings.chats else []
        if settings.smtp_port and settings.mail_to:
            found.append("email")
        if settings.api and settings.api_secret:
            found.append("api")
        return found

    async def _let_them_come(self, kinds: list[Kind], places: Places) -> None:
        settings = self.settings
        loop = asyncio.get_running_loop()
        end = loop.time() + settings.seconds if settings.seconds is not None else None
        free = asyncio.Semaphore(settings.customers)
        async with asyncio.TaskGroup() as customers:
            number = 0
            due = loop.time()
            while settings.count is None or number < settings.count:
                await free.acquire()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if end is not None and loop.time() >= end:
                    return
                due = max(due, loop.time() - 1.0) + self._chance.expovariate(settings.rate / 60.0)
                if end is not None:
                    due = min(due, end)
                person = meet(number, settings.languages, self._chance, settings.turns)
                contact = self._contact(kinds[number % len(kinds)], person, places)
                customers.create_task(self._live(person, contact, free))
                number += 1

    def _contact(self, kind: Kind, person: Person, places: Places) -> Contact:
        settings, seen = self.settings, self.statistics
        key = f"{self._name}c{person.number}"
        match kind:
            case "webchat":
                account = settings.chats[person.number % len(settings.chats)]
                return Chatting(places.http, settings, account, key, seen)
            case "email":
                return Mailing(settings=settings, person=person, key=key, seen=seen, sink=places.sink, clock=self.clock)
            case "api":
                return Posting(
                    http=places.http,
                    settings=settings,
                    person=person,
                    key=key,
                    seen=seen,
                    receiver=places.receiver,
                    clock=self.clock,
                )

    async def _live(self, person: Person, contact: Contact, free: asyncio.Semaphore) -> None:
        self.statistics.customers += 1
        async with asyncio.TaskGroup() as beside:
            line = beside.create_task(contact.stay())
            try:
                await self._tell(person, contact)
            finally:
                line.cancel()
                free.release()

    async def _tell(self, person: Person, contact: Contact) -> None:
        """One message per answer; whoever hears nothing, or can't get through, leaves."""
        for number, text in enumerate(person.story.turns):
            await asyncio.sleep(self.settings.pace * (1.0 + len(text) / 15 * self._chance.uniform(0.7, 1.3)))
            self.statistics.sent += 1
            try:
                await contact.say(text)
            except Lost:
                self.statistics.lost += 1
                return
            except RefusedMessage:
                self.statistics.refused += 1
                return
            is_farewell = number > 0 and number == len(person.story.turns) - 1
            if is_farewell or not self.settings.patience:
                continue
            try:
                async with asyncio.timeout(self.settings.patience):
                    await contact.hear()
            except TimeoutError:
                self.statistics.unanswered += number == 0
                return
