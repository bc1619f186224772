"""What the simulated customers saw: the other end of every promise the hub makes."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["webchat", "email", "api"]


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the hub said it has. ``key``: client id, Message-ID or external id; it ends or begins the event's
    external id. ``position`` is known for chat and API."""

    kind: Kind
    key: str
    text: str
    position: int | None = None


class Statistics(msgspec.Struct, kw_only=True):
    customers: int = 0
    sent: int = 0
    """Messages that customers wrote."""
    repeated: int = 0
    """Times one of them was handed over again because no acknowledgement came."""
    acknowledged: list[Acknowledged] = []
    answered: int = 0
    """Different answers of agents that arrived."""
    duplicates: int = 0
    """Answers that arrived more than once."""
    refused: int = 0
    lost: int = 0
    """Messages that never were acknowledged, however often they were tried."""
    unanswered: int = 0
    """Customers who waited in vain for a first answer."""

    def words(self) -> str:
        return (
            f"{self.customers} customers, {self.sent} messages, {len(self.acknowledged)} acknowledged, "
            f"{self.repeated} repeated, {self.refused} refused, {self.lost} lost; "
            f"{self.answered} answers, {self.duplicates} twice, {self.unanswered} customers without one"
        )
