"""A kernel built from rows and the latest of the log remembers what the running one does."""

from __future__ import annotations

import msgspec
from hypothesis import given

from hub.ids import InteractionId
from hub.store.routing import Last
from routing.rebuild import LATEST, agents_of, is_unclear, item_of, shift_began
from routing.state import Agent, Item
from tests.routing.histories import HISTORIES, Act, play
from tests.routing.test_invariants import SOME, world
from tests.routing.world import World


@SOME
@given(history=HISTORIES)
def test_items_and_agents_are_remembered_alike(history: list[Act]) -> None:
    """Whatever happened, once every claim was tried. What only a running kernel knows is listed in ``settled``."""
    done = play(world(lags=False), history)
    done.claim_all()
    config, book = done.kernel.config, done.kernel.book
    rows = [one for one in done.interactions.values() if one.is_open]
    latest = _latest(done)
    for now in rows:
        known = book.items[now.interaction_id]
        if known.version:
            rebuilt = item_of(now, config, latest if is_unclear(now) else {}, done.now)
            assert settled(rebuilt, known) == settled(known, known)
    began = shift_began(done.agents.values())
    shift = [event for event in done.log if began is not None and event.recorded_at >= began]
    for agent in agents_of(done.agents.values(), shift, config):
        assert at_work(agent) == at_work(book.agents[agent.agent_id])


def settled(item: Item, running: Item) -> Item:
    """Without what was decided and given up: a wait for an agent who went home, claims that failed."""
    plain = msgspec.structs.replace(item, voids=0, waits_for="", missed=dict(item.missed))
    if running.preferred_until == 0:
        plain.preferred_until = 0
    plain.drop_intent()
    if running.intent or not running.wake:
        plain.wake = running.wake
    return plain


def at_work(agent: Agent) -> Agent:
    """Idle time and misses matter only while the agent is available; marking is not remembered."""
    plain = msgspec.structs.replace(agent, decision_id="", miss_cause="ignored")
    if plain.status != "available":
        plain.idle_since, plain.misses, plain.miss_limit = 0, 0, 0
    return plain


def _latest(done: World) -> dict[tuple[InteractionId, str], Last]:
    return {
        (event.interaction_id, event.type): Last(event.position, event.recorded_at)
        for event in done.log
        if event.interaction_id is not None and event.type in LATEST and b'"automatic":' not in bytes(event.data)
    }


def test_a_miss_before_the_restart_counts() -> None:
    """The second one in a row marks the agent, whoever leads by then."""
    done = World()
    done.presence("mia")
    done.arrive("i1")
    done.claim_all()
    done.time_out("i1")
    (agent,) = agents_of(done.agents.values(), done.log, done.kernel.config)
    assert (agent.misses, agent.miss_limit) == (1, 2)
