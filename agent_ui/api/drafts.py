"""What agents are writing, kept on the server."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent_ui.call import Call
from agent_ui.routes import route
from hub.errors import NotFound
from hub.events import Attachment
from hub.ids import InteractionId
from hub.people import Draft
from hub.store import Tx
from hub.store.drafts import drop_draft, save_draft

Kind = Literal["reply", "note"]


class SaveDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``version`` is the one last seen, 0 for a new draft."""

    interaction_id: InteractionId
    kind: Kind
    text: Annotated[str, Meta(max_length=100_000)] = ""
    html: Annotated[str, Meta(max_length=400_000)] | None = None
    attachments: tuple[Attachment, ...] = ()
    version: Annotated[int, Meta(ge=0, le=2_000_000_000)] = 0


@route("PUT", "/api/drafts")
async def put_draft(call: Call, *, body: SaveDraft) -> Draft:
    """Keep a draft. 409 with ``draft`` when another window of mine saved a newer one."""
    agent_id = call.agent_id

    def save(tx: Tx) -> Draft:
        if tx.interaction(body.interaction_id) is None:
            raise NotFound("There is no such conversation.")
        draft = Draft(
            interaction_id=body.interaction_id,
            kind=body.kind,
            agent_id=agent_id,
            text=body.text,
            html=body.html,
            attachments=body.attachments,
            version=body.version,
        )
        return save_draft(tx, draft)

    return await call.hub.store.write(save)


@route("DELETE", "/api/drafts/{interaction_id}/{kind}")
async def delete_draft(call: Call, *, interaction_id: InteractionId, kind: str) -> None:
    """Throw my draft away."""
    if kind not in ("reply", "note"):
        raise NotFound("There is no such kind of draft.")
    wanted: Kind = "reply" if kind == "reply" else "note"
    await call.hub.store.write(lambda tx: drop_draft(tx, interaction_id, wanted, call.agent_id))
