"""Random histories: what must hold after every event, whatever happens (routing.md section 11, V1 to V10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub.ids import AgentId, InteractionId
from routing import decisions as out
from routing.events import Entered, Offered, OfferEnded, RoutingEvent, Started, micros
from routing.invariants import unserved
from routing.kernel import Kernel
from routing.state import Item
from tests.routing.histories import HISTORIES, Act, play
from tests.routing.world import World, config

Check = Callable[[tuple[out.Decision, ...]], None]
BOTH = st.booleans()
SOME = settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink])


def world(*, lags: bool) -> World:
    return World(config(members=(AgentId("bo"), AgentId("mia"))), lags=lags)


def watched(lags: bool, watch: Callable[[World, RoutingEvent], Check], history: list[Act]) -> World:
    one = world(lags=lags)
    one.watchers.append(lambda event: watch(one, event))
    return play(one, history)


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_nobody_waits_while_somebody_could_take_it(history: list[Act], lags: bool) -> None:
    """V3, counted by going through all agents."""

    def watch(one: World, event: RoutingEvent) -> Check:
        return lambda made: _equal(unserved(one.kernel.book), [])

    watched(lags, watch, history)


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_loads_and_open_offers_are_the_sums_over_items(history: list[Act], lags: bool) -> None:
    """V2 and V4: no reserved unit outlives its offer, no offer exceeds the capacity or the limit of open offers."""

    def watch(one: World, event: RoutingEvent) -> Check:
        return lambda made: _sums(one, made)

    watched(lags, watch, history)


def _sums(one: World, made: tuple[out.Decision, ...]) -> None:
    book = one.kernel.book
    loads: Counter[str] = Counter()
    offers: Counter[str] = Counter()
    for item in book.items.values():
        if item.bearer is not None:
            loads[item.bearer] += book.config.weights[item.work]
            offers[item.bearer] += item.intent == "offer" or item.state in ("offered", "accepting")
        assert (item.state in ("offered", "accepting")) == (item.offer_id is not None)
        assert bool(item.intent) == bool(item.decision_id)
    for agent_id, hands in book.hands.items():
        assert (hands.load, hands.offers) == (loads[agent_id], offers[agent_id])
    for decision in made:
        if isinstance(decision, out.Offer):
            assert decision.why.load + decision.weight <= decision.why.capacity
            assert offers[decision.agent_id] <= book.config.offer_limit


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_an_interaction_is_in_one_pair_of_hands(history: list[Act], lags: bool) -> None:
    """V1: one accepted offer a visit; never two decisions about one interaction at once."""
    done = play(world(lags=lags), history)
    accepted: Counter[InteractionId] = Counter()
    for event, _ in done.routing:
        if isinstance(event, Entered):
            accepted[event.interaction_id] = 0
        elif isinstance(event, OfferEnded) and event.how == "accepted":
            accepted[event.interaction_id] += 1
            assert accepted[event.interaction_id] == 1
    wanted = [item.decision_id for item in done.kernel.book.items.values() if item.intent]
    assert len(wanted) == len(set(wanted))
    assert sorted(wanted) == sorted(key for key in done.kernel.book.decisions if key in wanted)


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_nobody_is_offered_again_what_he_refused(history: list[Act], lags: bool) -> None:
    """V7; and a timed-out offer comes back only after the agent chose ``available``."""

    def watch(one: World, event: RoutingEvent) -> Check:
        def check(made: tuple[out.Decision, ...]) -> None:
            for decision in made:
                if isinstance(decision, out.Offer):
                    item = one.kernel.book.items[decision.interaction_id]
                    assert decision.agent_id not in item.excluded
                    missed = item.missed.get(decision.agent_id)
                    assert missed is None or one.kernel.book.agents[decision.agent_id].available_since > missed

        return check

    watched(lags, watch, history)


@SOME
@given(history=HISTORIES, lags=BOTH, cuts=st.sets(st.integers(1, 100), max_size=6))
def test_a_run_cut_by_checkpoints_decides_the_same(history: list[Act], lags: bool, cuts: set[int]) -> None:
    """V9: decisions and final state, byte for byte."""
    done = play(world(lags=lags), history)
    kernel = Kernel(done.kernel.config)
    for number, (event, made) in enumerate(done.routing):
        if number in cuts:
            kernel = Kernel(done.kernel.config, kernel.checkpoint())
        assert kernel.apply(event) == made
    assert kernel.checkpoint() == done.kernel.checkpoint()


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_the_explanation_names_the_agent_who_was_chosen(history: list[Act], lags: bool) -> None:
    """V10, and V6: the agent had nothing older that he may have in the same line."""

    def watch(one: World, event: RoutingEvent) -> Check:
        before = one.kernel.checkpoint()

        def check(made: tuple[out.Decision, ...]) -> None:
            for decision in made:
                if isinstance(decision, out.Offer):
                    spent = Kernel(one.kernel.config, before)
                    assert spent.explain_before(event, decision).winner == decision.agent_id
                    _nothing_older(spent, decision)

        return check

    watched(lags, watch, history)


@SOME
@given(history=HISTORIES)
def test_a_new_leader_who_finds_many_free_and_many_waiting_serves_them_all(history: list[Act]) -> None:
    """V3, V6 and V10 where all arrive at once: everybody came back while nobody led."""
    state = play(world(lags=False), history).kernel.book.state()
    for item in state.items:
        item.drop_intent()
    for agent in state.agents:
        agent.status, agent.next, agent.reachable, agent.decision_id = "available", None, True, ""
    setup = world(lags=False).kernel.config
    before = Kernel(setup, state).checkpoint()
    kernel, event = Kernel(setup, before), Started(position=state.position, at=state.now)
    for decision in kernel.apply(event):
        if isinstance(decision, out.Offer):
            spent = Kernel(setup, before)
            assert spent.explain_before(event, decision).winner == decision.agent_id
            _nothing_older(spent, decision)
    assert unserved(kernel.book) == []


def _nothing_older(kernel: Kernel, decision: out.Offer) -> None:
    book = kernel.book
    chosen, agent = book.items[decision.interaction_id], book.agents[decision.agent_id]
    for item in book.items.values():
        is_rival = (
            item.is_waiting
            and (item.work, book.queue_of(item)) == (chosen.work, book.queue_of(chosen))
            and agent.agent_id not in (item.preferred, chosen.preferred)
            and not book.expects(item)
            and book.obstacle(item) is None
            and not book.is_excluded(item, agent)
        )
        assert not is_rival or _order(kernel, chosen) <= _order(kernel, item)


def _order(kernel: Kernel, item: Item) -> tuple[int, str]:
    return kernel.book.key(item), item.interaction_id


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_an_item_is_the_fold_of_the_interactions_table(history: list[Act], lags: bool) -> None:
    """The kernel's memory equals hub.interactions.apply, event by event; only what was closed is forgotten."""
    done = play(world(lags=lags), history)
    items = done.kernel.book.items
    assert set(items) == {key for key, one in done.interactions.items() if one.state != "closed"}
    for key, item in items.items():
        now = done.interactions[key]
        offered_to = None if item.intent == "offer" else item.offered_to
        assert (item.state, item.queue_id, item.offer_id, offered_to, tuple(item.excluded)) == (
            now.state,
            now.queue_id,
            now.offer_id,
            now.offered_to,
            now.excluded,
        )
        assert item.missed == {miss.agent_id: micros(miss.at) for miss in now.missed}
        if item.version:  # else it was forgotten, and came back
            assert (item.version, item.agent_id, item.preferred) == (now.version, now.agent_id, now.preferred)
            assert item.age_start == (micros(now.age_start) if now.age_start else 0)
            assert item.left_queue_at == (micros(now.left_queue_at) if now.left_queue_at else 0)


@SOME
@given(history=HISTORIES, lags=BOTH)
def test_a_refused_offer_keeps_the_age(history: list[Act], lags: bool) -> None:
    """Declined, timed out or taken back: the interaction returns to the place it had."""

    def watch(one: World, event: RoutingEvent) -> Check:
        items = one.kernel.book.items
        age = items[event.interaction_id].age_start if isinstance(event, OfferEnded | Offered) else 0

        def check(made: tuple[out.Decision, ...]) -> None:
            if isinstance(event, OfferEnded | Offered):
                assert items[event.interaction_id].age_start == age

        return check

    watched(lags, watch, history)


def _equal(found: object, wanted: object) -> None:
    assert found == wanted
