"""What an operator can set for one web chat account."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from hub.ports import Secret

UPLOAD_BYTES: Final = 20_000_000
TEXT_LIMIT: Final = 8_000
UPLOAD_TYPES: Final = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "text/plain",
    "text/csv",
    "audio/mpeg",
    "audio/ogg",
    "video/mp4",
    "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)

Origin = Annotated[str, msgspec.Meta(pattern=r"^(\*|https?://[^/\s]+)$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account stands for one site, or a group of sites that share their customers."""

    secret: Annotated[
        Secret, msgspec.Meta(description="Signs visit tokens. At least 16 characters; a new one ends every visit.")
    ]
    site_secret: Annotated[
        Secret | None,
        msgspec.Meta(
            description="Shared with your site's server, which proves signed-in users with it: "
            "HMAC-SHA256(user id, site secret) in hexadecimal. Without it every visit is anonymous."
        ),
    ] = None
    realm: Annotated[
        str,
        msgspec.Meta(
            max_length=64,
            description="Name of your user base. Accounts with the same name and users share their customers; "
            "empty: the account stands alone.",
        ),
    ] = ""
    origins: Annotated[
        tuple[Origin, ...],
        msgspec.Meta(
            description="Sites that may show the chat, such as https://shop.example. The hub's own pages always may; "
            "* allows every site."
        ),
    ] = ()
    title: Annotated[str, msgspec.Meta(max_length=40, description="Heading of the chat; empty: the word Help.")] = ""
    subtitle: Annotated[
        str, msgspec.Meta(max_length=80, description="Line below the heading, such as: Usually replies in 2 min.")
    ] = ""
    greeting: Annotated[
        str, msgspec.Meta(max_length=400, description="What the empty chat says; empty: a friendly sentence.")
    ] = ""
    visit_days: Annotated[
        int, msgspec.Meta(ge=1, le=400, description="Days after which a visit that nobody resumed is over.")
    ] = 30
    upload_types: Annotated[
        tuple[str, ...], msgspec.Meta(description="Media types that customers may send; empty: no files.")
    ] = UPLOAD_TYPES
    upload_bytes: Annotated[
        int, msgspec.Meta(ge=1, le=UPLOAD_BYTES, description="Largest file a customer may send, in bytes.")
    ] = UPLOAD_BYTES
    messages: Annotated[
        int, msgspec.Meta(ge=1, le=1000, description="Messages that one visit may send within ten seconds.")
    ] = 5
    uploads: Annotated[
        int, msgspec.Meta(ge=1, le=1000, description="Files that one visit may send within a minute.")
    ] = 20
    connections: Annotated[
        int, msgspec.Meta(ge=1, le=1000, description="Pages of one visit that may have the chat open at once.")
    ] = 12
