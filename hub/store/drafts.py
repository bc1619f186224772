"""What agents are writing. A draft is its own object: nothing that happens to the conversation touches it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

import msgspec
from sqlalchemy import delete, select

from hub.errors import Conflict
from hub.ids import AgentId, InteractionId
from hub.people import Draft
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View

_d: Final = t.drafts.c
_decode: Final = msgspec.json.Decoder(Draft)


def save_draft(tx: Tx, draft: Draft) -> Draft:
    """Keep it, if ``draft.version`` is the one that is stored (0 for a new one). Raises Conflict with ``draft``."""
    kept = _one(tx, draft.interaction_id, draft.kind, draft.agent_id)
    if kept is not None and kept.version > draft.version:
        raise Conflict("This draft was changed in another window.", draft=kept)
    saved = msgspec.structs.replace(draft, version=draft.version + 1, saved_at=tx.now)
    row = {
        "interaction_id": saved.interaction_id,
        "kind": saved.kind,
        "agent_id": saved.agent_id,
        "version": saved.version,
        "saved_at": rows.micros(tx.now),
        "body": rows.text(saved),
    }
    tx.connection.execute(tx.dialect.put(t.drafts), row)
    return saved


def drop_draft(tx: Tx, interaction_id: InteractionId, kind: Literal["reply", "note"], agent_id: AgentId) -> None:
    where = (_d.interaction_id == interaction_id, _d.kind == kind, _d.agent_id == agent_id)
    tx.connection.execute(delete(t.drafts).where(*where))


def drafts_of_agent(view: View, agent_id: AgentId) -> list[Draft]:
    query = select(_d.body).where(_d.agent_id == agent_id).order_by(_d.saved_at)
    return [_decode.decode(body) for body in view.connection.execute(query).scalars()]


def drafts_on(view: View, interactions: Collection[InteractionId]) -> list[Draft]:
    """Of everybody, for these interactions: a colleague's draft is worth knowing."""
    query = select(_d.body).where(_d.interaction_id.in_(sorted(interactions))).order_by(_d.saved_at)
    return [_decode.decode(body) for body in view.connection.execute(query).scalars()]


def _one(tx: Tx, interaction_id: InteractionId, kind: str, agent_id: AgentId) -> Draft | None:
    where = (_d.interaction_id == interaction_id, _d.kind == kind, _d.agent_id == agent_id)
    body = tx.connection.execute(select(_d.body).where(*where)).scalar()
    return None if body is None else _decode.decode(body)
