"""The frames of the live connection, both ways. The patch itself comes encoded from the feed."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from hub.events import Moment
from hub.feed import PatchFrame
from hub.ids import AgentId, CustomerId, InteractionId


class ServerFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """From the hub to a screen."""


class Welcome(ServerFrame, frozen=True, kw_only=True, tag="welcome"):
    """``position`` is the head of the stream: what is behind it follows as patches."""

    position: int
    server_time: Moment


class CaughtUp(ServerFrame, frozen=True, kw_only=True, tag="caught_up"):
    position: int


class Resync(ServerFrame, frozen=True, kw_only=True, tag="resync"):
    """Read the snapshot again, then say hello with its position on this same connection."""

    reason: str


class Pong(ServerFrame, frozen=True, kw_only=True, tag="pong"):
    n: int
    server_time: Moment
    head: int


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: AgentId
    name: str
    doing: Literal["reading", "writing"]


class Presence(ServerFrame, frozen=True, kw_only=True, tag="presence"):
    """Who else looks at this customer now."""

    customer_id: CustomerId
    agents: tuple[Viewer, ...]


class Typing(ServerFrame, frozen=True, kw_only=True, tag="typing"):
    interaction_id: InteractionId
    by: Literal["customer"] = "customer"
    on: bool


class SignedOut(ServerFrame, frozen=True, kw_only=True, tag="signed_out"):
    pass


class ClientFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """From a screen to the hub."""


class Hello(ClientFrame, frozen=True, kw_only=True, tag="hello"):
    """Register at a position; None: at the beginning of the stream."""

    after: Annotated[int, Meta(ge=0)] | None = None


class Ping(ClientFrame, frozen=True, kw_only=True, tag="ping"):
    """Every two seconds: the agent is reachable."""

    n: int


class View(ClientFrame, frozen=True, kw_only=True, tag="view"):
    """What is open on the screen."""

    customer_id: CustomerId | None = None


class Types(ClientFrame, frozen=True, kw_only=True, tag="typing"):
    """The agent writes. The customer and the team see it for replies; a note is nobody's business until it is there."""

    interaction_id: InteractionId
    kind: Literal["reply", "note"]
    on: bool


Told = Welcome | CaughtUp | Resync | Pong | Presence | Typing | SignedOut
Said = Hello | Ping | View | Types
decoder: Final = msgspec.json.Decoder(Said)
_encode: Final = msgspec.json.Encoder().encode


def encode(frame: ServerFrame) -> bytes:
    return _encode(frame)


def patch(frame: PatchFrame) -> bytes:
    """The encoded patch with its tag in front, without encoding it again."""
    return b'{"t":"patch",' + frame.json[1:]


def as_websocket(payload: bytes) -> bytes:
    """A whole unmasked text frame (RFC 6455 section 5.2), to be written to many transports."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def goodbye(code: int) -> bytes:
    """A close frame (RFC 6455 section 5.5.1)."""
    return b"\x88\x02" + code.to_bytes(2, "big")
