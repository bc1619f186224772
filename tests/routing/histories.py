"""Random histories of a small contact centre: acts that hypothesis chooses, shrinks and plays again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from hypothesis import strategies as st

from hub import events as ev
from hub.errors import Conflict
from hub.ids import SYSTEM, AgentId, QueueId, agent_actor
from tests.routing.world import BILLING, CHAT, MAIL, PHONE, SUPPORT, World

AGENTS: Final = ("bo", "cy", "mia", "zoe")
CHANNELS: Final = (CHAT, CHAT, MAIL, PHONE)
QUEUES: Final = (SUPPORT, SUPPORT, BILLING)

Act = tuple[str, int, int]


def _one(world: World, number: int, *states: str) -> str:
    """One of the interactions in these states; in any state where none is named. Raises Conflict."""
    found = [key for key, one in world.interactions.items() if not states or one.state in states]
    if not found:
        raise Conflict("nothing to do this to")
    return found[number % len(found)]


def _agent(number: int) -> AgentId:
    return AgentId(AGENTS[number % len(AGENTS)])


def _queue(number: int) -> QueueId:
    return QUEUES[number % len(QUEUES)]


def _arrive(world: World, a: int, b: int) -> None:
    preferred = AGENTS[b % 16] if b % 16 < len(AGENTS) else None
    world.arrive(f"i{len(world.interactions)}", CHANNELS[a % len(CHANNELS)], _queue(b), preferred)


def _present(world: World, a: int, b: int) -> None:
    status: ev.Presence = ("available", "available", "available", "away", "offline")[b % 5]
    agent = world.agents.get(_agent(a))
    world.presence(_agent(a), status, reachable=agent.reachable if agent and b > 8 else True)


def _finish(world: World, a: int, b: int) -> None:
    world.presence(_agent(a), "available", next="away")


def _connection(world: World, a: int, b: int) -> None:
    agent = world.agents.get(_agent(a))
    if agent is not None:
        world.presence(_agent(a), agent.status, by=SYSTEM, next=agent.next, reachable=b % 2 == 0)


def _lost(world: World, a: int, b: int) -> None:
    world.presence(_agent(a), "offline", by=SYSTEM, reachable=False)


def _capacity(world: World, a: int, b: int) -> None:
    world.capacity(_agent(a), (3, 6, 10, 20)[b % 4])


def _take(world: World, a: int, b: int) -> None:
    world.append(ev.InteractionAccepted(agent_id=_agent(b)), _one(world, a, "queued"), agent_actor(_agent(b)))


def _transfer(world: World, a: int, b: int) -> None:
    to = _agent(b) if b % 2 else None
    world.append(ev.InteractionTransferred(queue_id=_queue(b), to=to), _one(world, a, "live", "snoozed"))


def _reopen(world: World, a: int, b: int) -> None:
    name = _one(world, a, "closed")
    preferred = world.interaction(name).agent_id
    world.append(ev.InteractionReopened(queue_id=_queue(b), preferred=preferred), name)


def _due(world: World, a: int, b: int) -> None:
    kind = "wake" if b % 2 else "preferred"
    world.append(ev.TimerDue(timer_id="t", kind=kind), _one(world, a, "snoozed" if b % 2 else "queued"))


def _claim(world: World, a: int, b: int) -> None:
    if world.open:
        world.claim()


ACTS: Final[dict[str, Callable[[World, int, int], object]]] = {
    "wait": lambda world, a, b: world.forward((1, 20, 61, 400)[b % 4]),
    "arrive": _arrive,
    "claim": _claim,
    "present": _present,
    "accept": lambda world, a, b: world.accept(_one(world, a, "offered")),
    "decline": lambda world, a, b: world.decline(_one(world, a, "offered")),
    "time_out": lambda world, a, b: world.time_out(_one(world, a, "offered")),
    "rescind": lambda world, a, b: world.rescind(_one(world, a, "offered")),
    "close": lambda world, a, b: world.close(_one(world, a, "live", "snoozed", "wrap_up")),
    "write": lambda world, a, b: world.write(_one(world, a), automatic=None if b % 4 else "auto-replied"),
    "snooze": lambda world, a, b: world.append(ev.InteractionSnoozed(), _one(world, a, "live")),
    "answer from sleep": lambda world, a, b: world.write(_one(world, a, "snoozed", "wrap_up")),
    "wrap": lambda world, a, b: world.append(ev.InteractionWrapped(), _one(world, a, "live")),
    "claim all": lambda world, a, b: world.claim_all(),
    "read": lambda world, a, b: world.pump(1 + b % 4),
    "finish": _finish,
    "connection": _connection,
    "lost": _lost,
    "capacity": _capacity,
    "take": _take,
    "transfer": _transfer,
    "move": lambda world, a, b: world.append(ev.InteractionMoved(queue_id=_queue(b)), _one(world, a, "queued")),
    "reopen": _reopen,
    "due": _due,
    "answer": lambda world, a, b: world.answer(_one(world, a)),
    "hold": lambda world, a, b: world.append(ev.InteractionHeld(), _one(world, a, "live")),
    "cancel": lambda world, a, b: world.append(ev.InteractionCanceled(), _one(world, a, "queued", "offered")),
    "abandon": lambda world, a, b: world.append(ev.InteractionAbandoned(), _one(world, a, "queued", "offered")),
    "schedule": lambda world, a, b: world.append(ev.InteractionScheduled(), _one(world, a, "queued")),
    "requeue": lambda world, a, b: world.append(
        ev.InteractionQueued(queue_id=_queue(b)), _one(world, a, "scheduled", "snoozed")
    ),
}
_NUMBERS: Final = st.integers(0, 15)
_OFTEN: Final = ("arrive", "claim", "present", "accept", "claim all")
_NAMES: Final = st.sampled_from(tuple(ACTS) + _OFTEN * 5)
HISTORIES: Final = st.lists(st.tuples(_NAMES, _NUMBERS, _NUMBERS), min_size=30, max_size=90)


def play(world: World, history: list[Act]) -> World:
    """Acts that the hub would refuse are left out. In the end the kernel has read the whole log."""
    for name, a, b in history:
        with suppress(Conflict):
            ACTS[name](world, a, b)
    world.pump()
    return world
