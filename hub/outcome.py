"""What became of a try to send, written down in one transaction: the row, the event, the account's health."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Catalog
from hub.store import Tx, people
from hub.store import outbox as box
from hub.store.channels import Words, put_health
from hub.store.outbox import Waiting
from hub.turn import Turn

_STATES: dict[ev.Status, box.State] = {"uncertain": "uncertain", "failed": "failed"}


class Outcome(NamedTuple):
    """``queued`` with ``retry_at``: it is tried again then."""

    status: ev.Status
    code: str | None = None
    words: str | None = None
    external: str | None = None
    retry_at: datetime | None = None
    health: Words | None = None
    """News of the whole account."""
    to: Address | None = None
    """The customer's new address, where the provider told one."""


def record(tx: Tx, catalog: Catalog, row: Waiting, holder: str, outcome: Outcome) -> bool:
    """False when the row is not ours any more and the outcome changes nothing: somebody else has decided."""
    is_sent = outcome.external is not None
    if is_sent:
        # The customer has it: whoever holds the row by now must not send it.
        box.settle_outbox(tx, row.outbox_id, "done")
    elif outcome.retry_at is not None:
        if not box.give_back(tx, row.outbox_id, holder, outcome.retry_at):
            return False
    elif not box.settle_mine(tx, row.outbox_id, holder, _STATES.get(outcome.status, "done")):
        return False
    turn = Turn(tx, catalog)
    interaction = turn.interaction(row.interaction_id)
    news = ev.DeliveryUpdated(
        status=outcome.status,
        message=row.event_id,
        outbox_id=row.outbox_id,
        external=outcome.external,
        code=outcome.code,
        words=outcome.words,
        attempt=row.attempt,
        retry_at=outcome.retry_at,
    )
    interaction = turn.on(interaction, news)
    if outcome.code == "opted_out":
        turn.on(interaction, ev.CustomerOptedOut(sender=interaction.address, text=outcome.words or ""))
    if outcome.to is not None and people.claim_addresses(tx, {outcome.to: interaction.customer_id}):
        turn.on(interaction, ev.AddressLinked(address=outcome.to))
    if outcome.health is not None:
        put_health(tx, row.channel_id, *outcome.health)
    return True
