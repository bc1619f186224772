"""Why: every rule for every member, in words. Reads the kernel's state, off the decision path, and changes nothing."""

from __future__ import annotations

from msgspec.structs import replace

from hub.ids import InteractionId
from routing.book import Book
from routing.config import SECOND
from routing.decisions import Candidate, Explanation, Rule
from routing.events import moment
from routing.state import Agent, Item


def explain(book: Book, interaction: InteractionId, configuration: str) -> Explanation:
    item = book.items[interaction]
    queue_id = book.queue_of(item)
    members = [agent for key, agent in sorted(book.agents.items()) if book.pools.is_member(key, queue_id)]
    candidates = [_candidate(book, item, agent) for agent in members]
    order = sorted(
        (candidate for candidate in candidates if candidate.is_eligible),
        key=lambda one: (one.idle_since, one.agent_id),
    )
    places = {candidate.agent_id: place for place, candidate in enumerate(order, 1)}
    return Explanation(
        interaction_id=interaction,
        state=item.state,
        work=item.work,
        queue_id=queue_id,
        checks=_checks(book, item),
        candidates=tuple(replace(one, place=places.get(one.agent_id, 0)) for one in candidates),
        others=len(book.agents) - len(members),
        position=book.position,
        configuration=configuration,
    )


def _checks(book: Book, item: Item) -> tuple[Rule, ...]:
    state = "being offered" if item.intent == "offer" else item.state
    return (
        _rule("I1 queue", book.queue_of(item) is not None, "the queue is open", "there is no such queue"),
        _rule("I2 waits", item.is_waiting, "waits in the queue", f"is {state}"),
        _rule(
            "I3 claims",
            item.voids < book.config.void_limit,
            "claims hold",
            f"{item.voids} claims failed in a row; the store is read again",
        ),
    )


def _candidate(book: Book, item: Item, agent: Agent) -> Candidate:
    hands = book.hands[agent.agent_id]
    weight = book.config.weights[item.work]
    is_kept = item.preferred_until > book.now and item.preferred != agent.agent_id and book.expects(item)
    kept = f"reserved for {item.preferred} until {_at(item.preferred_until)}"
    rules = (
        Rule("R1 member", passed=True, words="is a member of the queue"),
        _rule("R4 step", not is_kept, "may be offered", kept),
        _rule("R5 exclusion", not book.is_excluded(item, agent), "did not refuse this", _exclusion(item, agent)),
        _rule("R6 status", agent.status == "available", "available", agent.status),
        _rule("R7 next", not agent.next, "goes on", f"finishing, then {agent.next}"),
        _rule("R8 reachable", agent.reachable, "reachable", "no live connection"),
        _rule(
            "R10 offers",
            hands.offers < book.config.offer_limit and not agent.decision_id,
            "no open offer",
            "is being marked missed" if agent.decision_id else "has an open offer",
        ),
        _rule("R11 interrupt", not hands.calls, "no call in hand", "call in hand blocks everything"),
        _rule(
            "R12 capacity",
            hands.load + weight <= agent.capacity,
            f"load {hands.load} of {agent.capacity}",
            f"load {hands.load} of {agent.capacity}, {item.work} needs {weight}",
        ),
    )
    return Candidate(
        agent_id=agent.agent_id, rules=rules, idle_since=agent.idle_since, load=hands.load, capacity=agent.capacity
    )


def _rule(name: str, passed: bool, good: str, bad: str) -> Rule:
    return Rule(name, passed=passed, words=good if passed else bad)


def _exclusion(item: Item, agent: Agent) -> str:
    if agent.agent_id in item.excluded:
        return "declined this"
    missed_at = item.missed.get(agent.agent_id)
    return f"let an offer run out at {_at(missed_at)}" if missed_at else "excluded"


def _at(microseconds: int) -> str:
    return f"{moment(microseconds // SECOND * SECOND):%H:%M:%S}"
