"""The simulated customers: real sockets, SMTP and signatures, and books that can be compared with the store."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest

from channels.simulator import Simulator, SimulatorSettings, Statistics
from channels.simulator.stories import NAMES, STORIES, meet
from hub.events import DeliveryUpdated
from tests.channels.small_hub import SECRET, SmallHub


def plan(hub: SmallHub, **more: Any) -> SimulatorSettings:
    usual: dict[str, Any] = {
        "hub_url": f"http://127.0.0.1:{hub.port}",
        "chats": ("chat",),
        "smtp_port": hub.mail.port,
        "mail_to": "help@shop.example",
        "sink_port": 0,
        "api": "shop",
        "api_secret": SECRET,
        "receiver_port": 0,
        "rate": 60_000,
        "pace": 0,
        "count": 9,
        "turns": 3,
        "patience": 10,
        "retry_seconds": 5,
    }
    return SimulatorSettings(**(usual | more))


async def run(hub: SmallHub, *, answers: bool = True, **more: Any) -> Statistics:
    simulator = Simulator(plan(hub, **more), hub.clock)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(simulator.run())
        await simulator.ready.wait()
        if answers:
            agent = tasks.create_task(hub.answer_all(simulator.sink.port, simulator.receiver.port))
            await running
            agent.cancel()
    return running.result()


async def test_customers_talk_on_all_three_channels() -> None:
    """Nine customers with three messages each: all acknowledged, all answered, all in the store, none twice."""
    async with SmallHub().open() as hub:
        seen = await run(hub)
        kept = hub.acknowledged()
    assert (seen.customers, seen.sent, seen.lost, seen.refused, seen.duplicates) == (9, 27, 0, 0, 0)
    assert Counter(one.kind for one in seen.acknowledged) == {"webchat": 9, "email": 9, "api": 9}
    assert seen.answered >= 18
    assert {one.key for one in seen.acknowledged} == kept
    assert len(kept) == 27


async def test_what_customers_read_is_told_to_us() -> None:
    """Read marks of the chat, statuses of the other system."""
    async with SmallHub().open() as hub:
        await run(hub)
        read = [
            name
            for name, line in hub.lines.items()
            for event in line.events
            if isinstance(event.data, DeliveryUpdated) and event.data.status == "read"
        ]
    assert set(read) == {"chat", "shop"}


async def test_threads_are_kept_by_the_customers_mail_program() -> None:
    """The second mail goes to our reply address, and refers to our answer."""
    async with SmallHub().open() as hub:
        await run(hub, chats=(), api="", count=1)
        first, second, third = hub.lines["mail"].events
    assert (first.interaction_id, first.refs) == (None, ())
    assert second.interaction_id == third.interaction_id == "01931b2e-7c00-7000-8000-00000000000b"
    assert second.refs[0] == "<01931b2e-7c00-7000-8000-000000000001@shop.example>"


async def test_a_hub_that_is_away_for_a_while_loses_nothing() -> None:
    """503 at first: customers try again with the same ids."""
    async with SmallHub().open() as hub:
        hub.fails = 6
        for line in hub.lines.values():
            line.is_down = True
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(run(hub))
            await asyncio.sleep(0.3)
            for line in hub.lines.values():
                line.is_down = False
        kept = hub.acknowledged()
    seen = running.result()
    assert (seen.lost, seen.sent) == (0, 27)
    assert seen.repeated > 0
    assert {one.key for one in seen.acknowledged} == kept


async def test_answers_that_come_twice_are_counted_and_heard_once() -> None:
    """By Message-ID and by delivery id."""
    async with SmallHub().open() as hub:
        hub.twice = True
        seen = await run(hub, chats=())
    assert seen.duplicates > 0
    assert seen.answered <= seen.sent


async def test_nobody_answers() -> None:
    """Customers leave after their patience; that is counted, and nothing hangs."""
    async with SmallHub().open() as hub:
        seen = await run(hub, answers=False, patience=0.2, count=6)
    assert (seen.customers, seen.sent, seen.unanswered, seen.lost) == (6, 6, 6, 0)


async def test_without_patience_it_is_a_load_generator() -> None:
    """Everybody says everything at once and leaves; every acknowledged key is in the store."""
    async with SmallHub().open() as hub:
        hub.chat._messages._rate = hub.chat._messages._rate._replace(tokens=1000)
        seen = await run(hub, answers=False, patience=0, count=60, customers=30)
        kept = hub.acknowledged()
    assert len(seen.acknowledged) == 180
    assert {one.key for one in seen.acknowledged} == kept


async def test_a_hub_that_is_not_there() -> None:
    """Lost, counted, and over."""
    async with SmallHub().open() as hub:
        closed = plan(hub, count=3, retry_seconds=0.2)
    seen = await Simulator(closed, hub.clock).run()
    assert (seen.customers, seen.lost, seen.acknowledged) == (3, 3, [])


async def test_a_wrong_secret_is_a_refusal() -> None:
    """Nobody tries again what is wrong."""
    async with SmallHub().open() as hub:
        seen = await run(hub, answers=False, chats=(), smtp_port=None, api_secret=type(SECRET)("wrong"), count=2)
    assert (seen.refused, seen.lost) == (2, 0)


async def test_it_ends_after_its_seconds() -> None:
    """Bounded in time as well."""
    async with SmallHub().open() as hub:
        async with asyncio.timeout(5):
            seen = await run(hub, answers=False, count=None, seconds=0.3, rate=600, patience=0)
    assert 0 < seen.customers < 60
    assert "customers" in seen.words()


async def test_with_no_account_nobody_comes() -> None:
    """Nothing to reach, nothing to do."""
    assert (await Simulator(SimulatorSettings(count=1), SmallHub().clock).run()).customers == 0


def test_the_same_seed_gives_the_same_customers() -> None:
    """Names, languages and stories."""
    languages = SimulatorSettings().languages
    crowds = [[meet(n, languages, chance, 4) for n in range(50)] for chance in (Random(7), Random(7), Random(8))]
    assert crowds[0] == crowds[1] != crowds[2]
    assert {person.language for person in crowds[0]} == set(languages)


@pytest.mark.parametrize("language", STORIES)
def test_every_language_has_people_and_stories_with_a_middle(language: str) -> None:
    """At least two stories of three turns."""
    assert len(STORIES[language]) >= 2  # type: ignore[index]  # the table's own keys
    assert all(len(story.turns) >= 3 for story in STORIES[language])  # type: ignore[index]  # as above
    assert len(NAMES[language]) >= 4  # type: ignore[index]  # as above
