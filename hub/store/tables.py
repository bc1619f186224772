"""The tables. Law: ``events`` is the truth; what is marked projection can be built again from it.

Moments are whole microseconds since 1970 UTC (BIGINT); bodies are the JSON of their msgspec struct.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata: Final = MetaData()

counter = Table(
    "counter", metadata, Column("one", Integer, primary_key=True), Column("position", BigInteger, nullable=False)
)
"""One row. Taken as the last statement of a transaction, so positions are committed in order."""

events = Table(
    "events",
    metadata,
    Column("customer_id", String(36), primary_key=True, comment="empty for events of agents"),
    Column("shown_at", BigInteger, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("event_id", String(36), nullable=False),
    Column("type", String(40), nullable=False),
    Column("v", Integer, nullable=False),
    Column("interaction_id", String(36)),
    Column("channel_id", String(64)),
    Column("external_id", Text),
    Column("actor", String(64), nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("cause", String(64)),
    Column("data", Text, nullable=False),
    Index("events_position", "position", unique=True),
    Index("events_id", "event_id", unique=True),
    sqlite_with_rowid=False,
)
"""Clustered by customer and shown time: the newest page of one customer is one read."""

keys = Table(
    "keys",
    metadata,
    Column("channel_id", String(64), primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("type", String(40), primary_key=True),
    Column("event_id", String(36), nullable=False),
    sqlite_with_rowid=False,
)
"""What proves "once": the same provider message is one event. Also finds an event by its provider id."""

commands = Table(
    "commands",
    metadata,
    Column("agent_id", String(36), primary_key=True),
    Column("client_id", String(64), primary_key=True),
    Column("event_ids", Text, nullable=False, comment="JSON list, in order"),
    Column("interaction_id", String(36)),
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# people

customers = Table(  # projection
    "customers",
    metadata,
    Column("customer_id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("fields", Text, nullable=False, comment="JSON object"),
    Column("version", Integer, nullable=False),
)

addresses = Table(  # projection
    "addresses",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("value", String(320), primary_key=True),
    Column("customer_id", String(36), nullable=False, index=True),
    Column("verified", String(32)),
    sqlite_with_rowid=False,
)

links = Table(  # projection
    "links",
    metadata,
    Column("link_id", String(36), primary_key=True),
    Column("customer_id", String(36), nullable=False, index=True),
    Column("other", String(36), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False, comment="JSON object"),
    Column("actor", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
)
"""Reversible links between customer records; a person is the records connected by links not undone."""

users = Table(
    "users",
    metadata,
    Column("agent_id", String(36), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False, comment="JSON list"),
    Column("password_hash", Text, nullable=False),
    Column("active", Integer, nullable=False),
    Column("queues", Text, nullable=False, comment="JSON list; empty: every queue that names no members"),
    Column("created_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent_id", String(36), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
)

agents = Table(  # projection
    "agents",
    metadata,
    Column("agent_id", String(36), primary_key=True),
    Column("capacity", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="projection.AgentNow"),
)

beats = Table(
    "beats",
    metadata,
    Column("agent_id", String(36), primary_key=True),
    Column("process", String(36), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("interaction_id", String(36), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("agent_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False, comment="people.Draft"),
)

# work

interactions = Table(  # projection
    "interactions",
    metadata,
    Column("interaction_id", String(36), primary_key=True),
    Column("customer_id", String(36), nullable=False),
    Column("channel_id", String(64), nullable=False),
    Column("address", String(340), nullable=False, comment="kind:value"),
    Column("state", String(12), nullable=False),
    Column("is_open", Integer, nullable=False),
    Column("queue_id", String(64)),
    Column("agent_id", String(36)),
    Column("offered_to", String(36)),
    Column("age_start", BigInteger),
    Column("last_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="interactions.Interaction"),
    Index("interactions_talk", "channel_id", "address", "last_at"),
    Index("interactions_customer", "customer_id", "last_at"),
    Index("interactions_open", "is_open", "state", "age_start"),
    Index("interactions_agent", "agent_id", "state"),
)

offers = Table(  # projection
    "offers",
    metadata,
    Column("offer_id", String(36), primary_key=True),
    Column("interaction_id", String(36), nullable=False, index=True),
    Column("agent_id", String(36), nullable=False),
    Column("is_open", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="interactions.Offer"),
    Index("offers_open", "is_open", "agent_id"),
)

# delivery

deliveries = Table(  # projection
    "deliveries",
    metadata,
    Column("event_id", String(36), primary_key=True, comment="the message.queued event"),
    Column("channel_id", String(64), nullable=False),
    Column("outbox_id", String(36), nullable=False, index=True),
    Column("external_id", Text),
    Column("rank", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, comment="people.Delivery"),
    Index("deliveries_external", "channel_id", "external_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", String(36), primary_key=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("channel_id", String(64), nullable=False),
    Column("interaction_id", String(36), nullable=False),
    Column("state", String(12), nullable=False, comment="waiting, sending, uncertain, done, failed"),
    Column("attempt", Integer, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("holder", String(36)),
    Column("written", Integer, nullable=False, comment="1: the request may have reached the provider"),
    Column("made_at", BigInteger, nullable=False),
    Index("outbox_due", "state", "next_try_at"),
    Index("outbox_talk", "interaction_id", "state"),
)

timers = Table(
    "timers",
    metadata,
    Column("timer_id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("ref", String(64), nullable=False, comment="offer, interaction or agent id"),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("body", Text, nullable=False, comment="JSON object"),
    Index("timers_ref", "ref", "kind"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Work that runs once. ``epoch`` is the fencing number: it rises with each new holder."""

media = Table(
    "media",
    metadata,
    Column("media_id", String(64), primary_key=True),
    Column("type", String(127), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

traces = Table(
    "traces",
    metadata,
    Column("trace_id", String(36), primary_key=True),
    Column("channel_id", String(64), nullable=False),
    Column("event_id", String(36), index=True),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False, comment="traces.Trace, redacted"),
    Index("traces_channel", "channel_id", "at"),
)

channel_health = Table(
    "channel_health",
    metadata,
    Column("channel_id", String(64), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

secrets = Table(
    "secrets", metadata, Column("name", String(64), primary_key=True), Column("content", LargeBinary, nullable=False)
)
"""Keys this installation made for itself: the one that signs reply tokens and visits."""
