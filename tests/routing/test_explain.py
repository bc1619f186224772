"""Why, in words: one sentence per rule that fails, for every member of the queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.ids import AgentId, InteractionId
from routing import decisions as out
from routing.events import from_stream
from tests.routing.world import BILLING, PHONE, World, config


def failing(world: World, agent: str, name: str = "i1") -> list[str]:
    """Rules that keep this agent from the interaction, each with its words."""
    found = world.kernel.explain(InteractionId(name))
    (one,) = [one for one in found.candidates if one.agent_id == agent]
    return [f"{rule.name}: {rule.words}" for rule in one.rules if not rule.passed]


def declined(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.decline("i1")


def timed_out(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.forward(30)
    world.time_out("i1")


def on_offer(world: World) -> None:
    world.presence("mia")
    world.arrive("first")
    world.claim_all()
    world.arrive("i1")


def on_the_phone(world: World) -> None:
    world.presence("mia")
    world.arrive("call", PHONE)
    world.claim_all()
    world.accept("call")
    world.arrive("i1")


def full(world: World) -> None:
    world.presence("mia")
    world.capacity("mia", 2)
    world.arrive("i1")


def kept(world: World) -> None:
    world.presence("bo", "away")
    world.presence("mia")
    world.arrive("i1", preferred="bo")


def being_marked(world: World) -> None:
    timed_out(world)
    world.arrive("second")
    world.claim_all()
    world.time_out("second")


CASES: dict[str, tuple[Callable[[World], None], list[str]]] = {
    "declined this one": (declined, ["R5 exclusion: declined this"]),
    "let an offer of it run out": (timed_out, ["R5 exclusion: let an offer run out at 12:00:30"]),
    "has an open offer": (on_offer, ["R10 offers: has an open offer"]),
    "is on the phone": (
        on_the_phone,
        ["R11 interrupt: call in hand blocks everything", "R12 capacity: load 10 of 10, chat needs 3"],
    ),
    "is full": (full, ["R12 capacity: load 0 of 2, chat needs 3"]),
    "must leave it to another for a while": (kept, ["R4 step: reserved for bo until 12:02:00"]),
    "is being marked missed": (
        being_marked,
        ["R5 exclusion: let an offer run out at 12:00:30", "R10 offers: is being marked missed"],
    ),
}


@pytest.mark.parametrize("label", CASES)
def test_why_not_her(label: str) -> None:
    world = World()
    story, words = CASES[label]
    story(world)
    assert failing(world, "mia") == words


def test_who_is_away_finishing_or_gone_fails_one_rule_each() -> None:
    world = World()
    world.presence("away", "away")
    world.presence("finishing", next="offline")
    world.presence("gone", reachable=False)
    world.arrive("i1")
    assert failing(world, "away") == ["R6 status: away"]
    assert failing(world, "finishing") == ["R7 next: finishing, then offline"]
    assert failing(world, "gone") == ["R8 reachable: no live connection"]


def test_the_places_are_the_order_in_which_agents_would_be_asked() -> None:
    world = World(config(members=(AgentId("bo"), AgentId("mia"), AgentId("zoe"))))
    for name in ("zoe", "mia", "bo", "stranger"):
        world.presence(name)
        world.forward(1)
    world.arrive("i1", queue=BILLING)
    offer = next(one for one in world.decisions if isinstance(one, out.Offer))
    event = from_stream(world.log[5])
    assert event is not None
    before = World(world.kernel.config)
    for past in world.log[:5]:
        found = from_stream(past)
        if found is not None:
            before.kernel.apply(found)
    why = before.kernel.explain_before(event, offer)
    assert [(one.agent_id, one.place) for one in why.candidates] == [("bo", 3), ("mia", 2), ("zoe", 1)]
    assert (why.others, why.winner) == (1, "zoe")


def test_a_decision_that_does_not_follow_is_not_explained() -> None:
    world = World()
    world.presence("mia")
    world.arrive("i1")
    offer = next(one for one in world.decisions if isinstance(one, out.Offer))
    event = from_stream(world.log[0])
    assert event is not None
    with pytest.raises(LookupError):
        World().kernel.explain_before(event, offer)


def test_an_interaction_in_somebodys_hands_has_no_winner() -> None:
    world = World()
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.accept("i1")
    found = world.kernel.explain(InteractionId("i1"))
    assert (found.is_routable, found.winner) == (False, None)
    assert [check.words for check in found.checks] == ["the queue is open", "is live", "claims hold"]
