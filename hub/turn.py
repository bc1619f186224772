"""One command or claim being carried out: who acts, on what, and what a person's hands may hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from hub import events as ev
from hub.catalog import Account, Catalog, Queue
from hub.errors import Invalid, NotFound
from hub.ids import SYSTEM, Actor, AgentId, InteractionId, OfferId
from hub.interactions import Interaction, Offer
from hub.people import Role
from hub.projection import AgentNow
from hub.store import New, Slot, Tx, users, work
from hub.store.timers import drop_timer
from hub.store.users import User

WEIGHTS: Final[Mapping[str, int]] = {"call": 10, "chat": 3, "async": 2, "email": 1}
"""Units of capacity that one item takes, by kind of work (glossary.md section 1)."""
CAPACITY: Final = 10


class Turn:
    """Appends what somebody does. ``actor`` stands in every event."""

    def __init__(self, tx: Tx, catalog: Catalog, actor: Actor = SYSTEM, roles: Collection[Role] = ()) -> None:
        self.tx = tx
        self.catalog = catalog
        self.actor = actor
        self.roles = frozenset(roles)

    @property
    def leads(self) -> bool:
        return bool(self.roles & {"supervisor", "admin"})

    # what is there

    def interaction(self, interaction_id: InteractionId) -> Interaction:
        """Raises NotFound."""
        found = self.tx.interaction(interaction_id)
        if found is None:
            raise NotFound("There is no such conversation.")
        return found

    def offer(self, offer_id: OfferId) -> Offer | None:
        """Its conversation is held first, as everywhere: who takes that one and who accepts wait for one another."""
        for found in work.offers_by_id(self.tx, {offer_id}):
            self.tx.interaction(found.interaction_id)
        return self.tx.offer(offer_id)

    def user(self, agent_id: AgentId) -> User:
        """Raises NotFound."""
        found = users.user(self.tx, agent_id)
        if found is None:
            raise NotFound("There is no such colleague.")
        return found

    def name(self, agent_id: AgentId | None) -> str:
        """What colleagues call them; empty for nobody, or somebody who is not known any more."""
        found = users.user(self.tx, agent_id) if agent_id else None
        return found.name if found else ""

    def account(self, interaction: Interaction) -> Account:
        """Raises Invalid for a channel account that is not configured any more."""
        found = self.catalog.accounts.get(interaction.channel_id)
        if found is None:
            raise Invalid("This channel is not connected any more.")
        return found

    def weight(self, interaction: Interaction) -> int:
        account = self.catalog.accounts.get(interaction.channel_id)
        return WEIGHTS[account.abilities.work if account else "async"]

    def load(self, agent_id: AgentId) -> int:
        """Units in the agent's hands, open offers included."""
        return sum(self.weight(one) for one in work.held_by(self.tx, agent_id))

    def present(self, agent_id: AgentId) -> AgentNow:
        return self.tx.agent(agent_id) or AgentNow(agent_id=agent_id)

    # what happens

    def on(self, interaction: Interaction, *data: ev.Data, cause: str | None = None) -> Interaction:
        """Append events of an interaction; returns it as it is then. Raises Conflict."""
        self.tx.append(*(self.event(interaction, one, cause) for one in data))
        return self.interaction(interaction.interaction_id)

    def put(self, interaction: Interaction, data: ev.Data, cause: str | None = None) -> Slot:
        return self.tx.append(self.event(interaction, data, cause))[0]

    def event(self, interaction: Interaction, data: ev.Data, cause: str | None = None) -> New:
        before = interaction.agent_id
        if isinstance(data, ev.InteractionAccepted | ev.InteractionResumed) and before not in (None, data.agent_id):
            data = msgspec.structs.replace(data, before=before)
        return New(
            data=data,
            actor=self.actor,
            customer_id=interaction.customer_id,
            interaction_id=interaction.interaction_id,
            channel_id=interaction.channel_id,
            cause=cause,
        )

    def queue_of(self, interaction: Interaction) -> Queue:
        """Where it waits, or would."""
        known = self.catalog.queues.get(interaction.queue_id) if interaction.queue_id else None
        return known or self.catalog.queue_of(interaction.channel_id)

    def accept(self, interaction: Interaction, agent_id: AgentId) -> Interaction:
        """Into the hands of whom it was offered to. Raises Conflict."""
        assert interaction.offer_id is not None
        offer_id = interaction.offer_id
        drop_timer(self.tx, "offer", offer_id)
        return self.on(
            interaction,
            ev.OfferAccepted(offer_id=offer_id, agent_id=agent_id),
            ev.InteractionAccepted(agent_id=agent_id, offer_id=offer_id),
        )

    def rescind(self, interaction: Interaction, cause: str) -> Interaction:
        """Take back the open offer, if there is one."""
        if interaction.offer_id is None or interaction.offered_to is None:
            return interaction
        agent_id, offer_id = interaction.offered_to, interaction.offer_id
        after = self.on(interaction, ev.OfferRescinded(offer_id=offer_id, agent_id=agent_id, cause=cause))  # type: ignore[arg-type]  # one of the causes
        drop_timer(self.tx, "offer", offer_id)
        self.settle(agent_id)
        return after

    def settle(self, agent_id: AgentId | None) -> None:
        """The next status begins when the last item that bears load has ended (glossary.md section 2)."""
        if agent_id is None:
            return
        now = self.tx.agent(agent_id)
        if now is None or now.next is None or work.held_by(self.tx, agent_id):
            return
        status: ev.Presence = "offline" if now.next == "offline" else "away"
        self.presence(now, status=status, reason=now.next_reason)

    def presence(
        self,
        now: AgentNow,
        *,
        status: ev.Presence | None = None,
        reason: str = "",
        following: tuple[str, str] | None = None,
        reachable: bool | None = None,
        cause: ev.MissCause | None = None,
    ) -> None:
        """Append the whole presence after a change.

        ``following`` is the next status and its reason, empty for none; unset, it stays while the status does.
        """
        keeps = status is None
        if following is None:
            following = (now.next or "", now.next_reason) if keeps else ("", "")
        data = ev.AgentPresenceChanged(
            agent_id=now.agent_id,
            status=now.status if status is None else status,
            reason=now.reason if keeps else reason,
            next=following[0] or None,
            next_reason=following[1],
            reachable=now.reachable if reachable is None else reachable,
            cause=now.cause if keeps else cause,
        )
        self.tx.append(New(data=data, actor=self.actor))
