"""What screens read. One request gives rows and position; a patch brings them up to a later one. No query in a loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from hub import events as ev
from hub.brief import brief
from hub.catalog import Account, Catalog
from hub.errors import Invalid, NotFound
from hub.events import Event
from hub.ids import AgentId, ChannelId, CustomerId, QueueId
from hub.interactions import Interaction
from hub.kinds import KINDS
from hub.people import AgentState, ChannelState, Customer, Patch, QueueState, Row, Snapshot, TimelinePage
from hub.projection import touches
from hub.store import Store, View, channels, deliveries, drafts, head, people, rows, users, work
from hub.store import events as stream
from hub.store.events import Cursor
from hub.teams import serves
from hub.turn import WEIGHTS

RECENT: Final = timedelta(hours=1)
SHOWN_WORK: Final = 20
LARGEST: Final = 2**63
"""What a database takes as a number."""


class Desk:
    """Every method is one transaction on a reader thread. Raises NotFound, Invalid, Unavailable."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store = store
        self.catalog = catalog

    # the desk

    async def snapshot(self, agent_id: AgentId) -> Snapshot:
        since = self.store.clock.now() - RECENT

        def query(view: View) -> Snapshot:
            found = [*work.open_interactions(view), *work.closed_since(view, since, agent_id)]
            return Snapshot(
                position=head(view),
                rows=self._rows(view, found),
                offers=tuple(work.open_offers(view)),
                agents=self._agents(view, None),
            )

        return await self.store.read(query)

    async def patch(self, after: int, limit: int = 500) -> Patch:
        """The events behind a position and every row they touched, as it is now. Empty at the head."""
        return await self.store.read(lambda view: self.patch_of(view, after, limit))

    def patch_of(self, view: View, after: int, limit: int, known: Sequence[Event] | None = None) -> Patch:
        """The same inside a transaction; ``known``: these events, from whoever has them at hand."""
        found = known or stream.events_after(view, after, limit)
        if not found:
            return Patch(after=after, position=after)
        touched = Touched(found)
        moved = people.records_of_persons(view, touched.linked)
        touched.customers |= moved
        changed = work.interactions_by_id(view, touched.interactions)
        if renamed := touched.renamed | moved:
            since = self.store.clock.now() - RECENT
            others = work.shown_of(view, renamed, since)
            changed += [one for one in others if one.interaction_id not in touched.interactions]
        offers = work.offers_by_id(view, touched.offers)
        agents = touched.agents | {one.agent_id for one in offers} | {one.agent_id for one in changed if one.agent_id}
        return Patch(
            after=after,
            position=found[-1].position,
            events=tuple(event for event in found if is_shown(event)),
            rows=self._rows(view, changed),
            offers=tuple(offers),
            agents=self._agents(view, agents) if agents else (),
            deliveries=tuple(deliveries.deliveries(view, touched.messages)),
            customers=tuple(people.customers(view, touched.customers).values()) if touched.customers else (),
        )

    def _rows(self, view: View, found: Sequence[Interaction]) -> tuple[Row, ...]:
        known = people.customers(view, {one.customer_id for one in found}) if found else {}
        return tuple(
            Row(
                interaction=one,
                customer_name=known[one.customer_id].name if one.customer_id in known else "",
                person_id=known[one.customer_id].person_id if one.customer_id in known else one.customer_id,
            )
            for one in found
        )

    def _agents(self, view: View, ids: Collection[AgentId] | None) -> tuple[AgentState, ...]:
        loads = self._loads(view, ids)
        return tuple(
            msgspec.structs.replace(one, load=loads.get(one.agent_id, 0)) for one in users.agent_states(view, ids)
        )

    def _loads(self, view: View, ids: Collection[AgentId] | None) -> Mapping[AgentId, int]:
        total: dict[AgentId, int] = defaultdict(int)
        for agent_id, channel, items in work.loads(view, ids):
            account = self.catalog.accounts.get(ChannelId(channel))
            total[agent_id] += items * WEIGHTS[account.abilities.work if account else "async"]
        return total

    # one customer

    async def timeline(self, customer_id: CustomerId, before: str | None = None, limit: int = 50) -> TimelinePage:
        """The newest events of a person, of all their records, before the cursor of an earlier page."""
        cursor = read_cursor(before)

        def query(view: View) -> TimelinePage:
            records = people.records_of_person(view, customer_id)
            if not records:
                raise NotFound("There is no such customer.")
            found = stream.timeline(view, records, cursor, limit + 1)
            page = found[:limit][::-1]
            known = work.interactions_of(view, records, SHOWN_WORK)
            sent = deliveries.deliveries(view, [e.event_id for e in page if e.type == "message.queued"])
            return TimelinePage(
                customer=person(people.customers(view, records), records[0]),
                events=tuple(event for event in page if is_shown(event)),
                deliveries=tuple(sent),
                interactions=tuple(known),
                brief=tuple(brief(page, known, sent)) if cursor is None else (),
                drafts=tuple(drafts.drafts_on(view, [one.interaction_id for one in known])),
                before=str(stream.cursor_of(page[0])) if len(found) > limit else None,
                position=head(view),
            )

        return await self.store.read(query)

    async def customer(self, customer_id: CustomerId) -> Customer:
        def query(view: View) -> Customer:
            records = people.records_of_person(view, customer_id)
            if not records:
                raise NotFound("There is no such customer.")
            return person(people.customers(view, records), records[0])

        return await self.store.read(query)

    async def find_customers(self, text: str, limit: int) -> tuple[Customer, ...]:
        return await self.store.read(lambda view: tuple(people.search(view, text, limit)))

    # queues, agents, channels

    async def queues(self) -> tuple[QueueState, ...]:
        midnight = self.store.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

        def query(view: View) -> tuple[QueueState, ...]:
            counts = work.queue_counts(view)
            answered = work.answered_since(view, midnight)
            everybody = [one for one in users.users(view) if one.active]
            return tuple(
                queue_state(
                    queue.queue_id, queue.name, counts, answered, [u.agent_id for u in everybody if serves(queue, u)]
                )
                for queue in self.catalog.queues.values()
            )

        return await self.store.read(query)

    async def agents(self) -> tuple[AgentState, ...]:
        return await self.store.read(lambda view: self._agents(view, None))

    async def agent(self, agent_id: AgentId) -> AgentState:
        found = await self.store.read(lambda view: self._agents(view, {agent_id}))
        if not found:
            raise NotFound("There is no such colleague.")
        return found[0]

    async def channels(self) -> tuple[ChannelState, ...]:
        accounts = self.catalog.accounts

        def query(view: View) -> tuple[ChannelState, ...]:
            now = channels.doing(view, list(accounts))
            return tuple(
                channel_state(account.channel_id, account, now[account.channel_id]) for account in accounts.values()
            )

        return await self.store.read(query)

    async def unreadable(self, limit: int) -> tuple[Event, ...]:
        ids = list(self.catalog.accounts)
        return await self.store.read(lambda view: tuple(stream.unreadable(view, ids, limit)))


class Touched:
    """Which rows a run of events may have changed."""

    def __init__(self, found: Sequence[Event]) -> None:
        self.interactions: set[str] = set()
        self.offers: set[str] = set()
        self.agents: set[AgentId] = set()
        self.customers: set[CustomerId] = set()
        self.renamed: set[CustomerId] = set()
        """Rows of the desk show their names."""
        self.linked: set[CustomerId] = set()
        """Both ends of links that came or went: everybody linked to them may be another person now."""
        self.messages: set[str] = set()
        for event in found:
            self._add(event)

    def _add(self, event: Event) -> None:
        if event.type not in ev.DECODERS:
            return  # of a newer version: the screens get it, no row of ours depends on it
        data = event.read()
        touched = touches(event, data)
        if touched.interaction:
            self.interactions.add(touched.interaction)
        if touched.offer:
            self.offers.add(touched.offer)
        if touched.agent:
            self.agents.add(touched.agent)
        if touched.message:
            self.messages.add(touched.message)
        if touched.customer:
            self.customers.add(touched.customer)
        match data:
            case ev.CustomerUpdated() if event.customer_id:
                self.renamed.add(event.customer_id)
            case ev.CustomersMerged(other=other) | ev.CustomersUnmerged(other=other) if event.customer_id:
                self.linked |= {event.customer_id, other}
            case ev.InteractionAccepted(before=before) | ev.InteractionResumed(before=before) if before:
                self.agents.add(before)
            case _:
                pass


def is_shown(event: Event) -> bool:
    """To every agent. What a newer version calls otherwise is left to the screens."""
    kind = KINDS.get(event.type)
    return kind is None or kind.publish.startswith("agents")


def read_cursor(text: str | None) -> Cursor | None:
    """Raises Invalid."""
    if text is None:
        return None
    try:
        cursor = Cursor.read(text)
    except ValueError:
        cursor = None
    if cursor is None or not all(0 <= number < LARGEST for number in cursor):
        raise Invalid("This is not a cursor of a timeline.", field="before")
    return cursor


def person(records: Mapping[CustomerId, Customer], oldest: CustomerId) -> Customer:
    """One person out of all linked records: the oldest one's name, everybody's addresses."""
    known = [records[key] for key in sorted(records)]
    first = records[oldest]
    return msgspec.structs.replace(
        first,
        name=next((one.name for one in known if one.name), ""),
        addresses=tuple(address for one in known for address in one.addresses),
    )


def queue_state(
    queue_id: QueueId,
    name: str,
    counts: Sequence[tuple[QueueId, str, int, int | None]],
    answered: Mapping[str, int],
    members: Sequence[AgentId],
) -> QueueState:
    states = {state: (items, oldest) for queue, state, items, oldest in counts if queue == queue_id}
    oldest = states.get("queued", (0, None))[1]
    return QueueState(
        queue_id=queue_id,
        name=name,
        waiting=states.get("queued", (0, None))[0],
        offered=sum(states.get(state, (0, None))[0] for state in ("offered", "accepting")),
        live=states.get("live", (0, None))[0],
        longest_since=rows.moment_or_none(oldest),
        answered_today=answered.get(queue_id, 0),
        members=tuple(members),
    )


def channel_state(channel_id: ChannelId, account: Account, now: channels.Doing) -> ChannelState:
    return ChannelState(
        channel_id=channel_id,
        kind=account.kind,
        name=account.name,
        abilities=msgspec.to_builtins(account.abilities),
        state=now.said.state,
        words=now.said.words,
        last_in=now.last_in,
        last_out=now.last_out,
        unreadable=now.unreadable,
        waiting_out=now.waiting_out,
        uncertain=now.uncertain,
    )
