"""Carries out commands. Law: the same client id of the same person again gives the same result."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from hub import attendance, events, handling, messages
from hub.catalog import Catalog
from hub.commands import (
    Accept,
    AddNote,
    Close,
    Command,
    Decline,
    Open,
    Reopen,
    Resend,
    SendMessage,
    SetPresence,
    Snooze,
    Take,
    Transfer,
    UpdateCustomer,
    Wake,
)
from hub.errors import HubError, Invalid, NotFound
from hub.ids import AgentId, EventId, InteractionId, agent_actor
from hub.people import Role
from hub.store import New, Slot, Store, Tx, View
from hub.store import events as stream
from hub.turn import Turn


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a command led to. ``position`` is that of its last event, 0 when it changed nothing."""

    position: int = 0
    event_ids: tuple[EventId, ...] = ()
    interaction_id: InteractionId | None = None


class Outcome(NamedTuple):
    """Before the commit: slots whose positions are still to come, or the positions of an earlier time."""

    slots: tuple[Slot, ...]
    positions: dict[EventId, int]
    interaction_id: InteractionId | None

    def result(self) -> Result:
        positions = {**self.positions, **{slot.event_id: slot.event.position for slot in self.slots}}
        return Result(
            position=max(positions.values(), default=0),
            event_ids=tuple(positions),
            interaction_id=self.interaction_id,
        )


class Service:
    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store = store
        self.catalog = catalog

    async def do(self, command: Command, by: AgentId, roles: Collection[Role]) -> Result:
        """Raises HubError: NotFound, Conflict, Changed, Gone, Forbidden, Invalid, Unavailable."""
        try:
            outcome = await self.store.write(lambda tx: self._once(tx, command, by, roles))
        except HubError:
            # Another process may have carried out the same command meanwhile: then what it met is its own work.
            done = await self.store.read(lambda view: earlier(view, by, command.client_id))
            if done is None:
                raise
            return done
        return outcome.result()

    def _once(self, tx: Tx, command: Command, by: AgentId, roles: Collection[Role]) -> Outcome:
        done = stream.done_before(tx, by, command.client_id)
        if done is not None:
            return _repeat(tx, done)
        interaction_id = self._carry_out(Turn(tx, self.catalog, agent_actor(by), roles), command, by)
        stream.remember(tx, by, command.client_id, interaction_id)
        return Outcome(tuple(tx.appended), {}, interaction_id)

    def _carry_out(self, turn: Turn, command: Command, by: AgentId) -> InteractionId | None:  # noqa: C901 - one line per command
        match command:
            case SendMessage():
                return messages.send(turn, by, command)
            case AddNote():
                return messages.note(turn, command)
            case Resend():
                return messages.resend(turn, by, command)
            case Accept():
                return handling.accept(turn, by, command)
            case Decline():
                return handling.decline(turn, by, command)
            case Take():
                return handling.take(turn, by, command)
            case Close():
                return handling.close(turn, by, command)
            case Snooze():
                return handling.snooze(turn, by, command)
            case Wake():
                return handling.wake(turn, by, command)
            case Reopen():
                return handling.reopen(turn, by, command)
            case Transfer():
                return handling.transfer(turn, by, command)
            case Open():
                return handling.open_new(turn, by, command)
            case SetPresence():
                attendance.choose(turn, by, command)
            case UpdateCustomer():
                rename(turn, command)
            case _:
                raise TypeError(f"no such command: {type(command).__name__}")
        return None


def rename(turn: Turn, command: UpdateCustomer) -> None:
    """Raises NotFound, Invalid."""
    if turn.tx.customer(command.customer_id) is None:
        raise NotFound("There is no such customer.")
    name = " ".join((command.name or "").split())
    if not name.isprintable():
        raise Invalid("A name has no control characters.", field="name")
    if command.name is not None:
        data = events.CustomerUpdated(name=name)
        turn.tx.append(New(data=data, actor=turn.actor, customer_id=command.customer_id, cause=command.client_id))


def earlier(view: View, by: AgentId, client_id: str) -> Result | None:
    """The result of a command that was committed before."""
    done = stream.done_before(view, by, client_id)
    if done is None:
        return None
    places = stream.places(view, done.event_ids)
    positions = {one: places[one].position for one in done.event_ids if one in places}
    return Outcome((), positions, done.interaction_id).result()


def _repeat(tx: Tx, done: stream.Done) -> Outcome:
    wanted = set(done.event_ids)
    slots = tuple(slot for slot in tx.pending if slot.event_id in wanted)
    places = stream.places(tx, wanted - {slot.event_id for slot in slots})
    positions = {EventId(one): places[one].position for one in done.event_ids if one in places}
    return Outcome(slots, positions, done.interaction_id)
