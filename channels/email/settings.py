"""What an operator can set for one e-mail account, and which addresses are its own."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from hub.addresses import BadAddressText, address
from hub.ports import Secret

MESSAGE_BYTES: Final = 50_000_000
Mailbox = Annotated[str, Meta(pattern=r"^[^@\s+]+@[^@\s]+$", max_length=200)]
Port = Annotated[int, Meta(ge=0, le=65535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account is one mailbox with its other names. Mail comes in over SMTP, from the company's mail server."""

    address: Annotated[
        Mailbox, Meta(description="Where customers write, and what they see as sender: help@shop.example.")
    ]
    secret: Annotated[
        Secret,
        Meta(description="Signs reply and bounce addresses. At least 16 characters; a new one ends the old addresses."),
    ]
    aliases: Annotated[
        tuple[Mailbox, ...], Meta(max_length=1000, description="Other addresses whose mail this account takes.")
    ] = ()
    listen_host: Annotated[str, Meta(min_length=1, description="Address on which mail is taken in over SMTP.")] = (
        "127.0.0.1"
    )
    listen_port: Annotated[
        Port | None, Meta(description="Port on which mail is taken in; 0 takes a free one. Unset: nothing is received.")
    ] = None
    listen_certificate: Annotated[
        str, Meta(description="File with certificate and chain (PEM) for STARTTLS when receiving; empty: no TLS.")
    ] = ""
    listen_key: Annotated[str, Meta(description="File with the key of the certificate (PEM).")] = ""
    message_bytes: Annotated[int, Meta(ge=10_000, le=MESSAGE_BYTES, description="Largest mail taken in, in bytes.")] = (
        MESSAGE_BYTES
    )
    held_bytes: Annotated[
        int,
        Meta(ge=1_000_000, description="Bytes of mails being received at once; more are asked to come again later."),
    ] = 200_000_000
    connections: Annotated[int, Meta(ge=1, le=10_000, description="Connections open at once when receiving.")] = 100
    connection_seconds: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds one connection may last when receiving.")
    ] = 600.0
    command_seconds: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds one command, or one mail, may take when receiving.")
    ] = 120.0
    recipients: Annotated[int, Meta(ge=1, le=1000, description="Most recipients of one mail.")] = 100
    authserv_id: Annotated[
        str,
        Meta(
            description="Name that your own mail server writes into Authentication-Results. Only its topmost header is "
            "believed; empty: every sender is unverified."
        ),
    ] = ""
    relay_host: Annotated[
        str, Meta(description="Mail server that takes our mails; empty: this account can't send.")
    ] = ""
    relay_port: Annotated[Port, Meta(description="Its port: 587 with STARTTLS, 465 with TLS, 25.")] = 587
    relay_tls: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the connection to the mail server is protected.")
    ] = "starttls"
    relay_user: Annotated[str, Meta(description="User name at the mail server; empty: no sign-in.")] = ""
    relay_password: Annotated[Secret | None, Meta(description="Its password.")] = None
    relay_seconds: Annotated[
        float, Meta(ge=1, le=600, description="Seconds the mail server has for each step: sign-in, envelope, mail.")
    ] = 60.0
    bounce_address: Annotated[
        bool,
        Meta(description="Send from bounce+<token>@domain, so that bounces find their message. No: from the address."),
    ] = True
    quote: Annotated[bool, Meta(description="Answers quote the message they answer.")] = True
    rate: Annotated[float, Meta(gt=0, le=1000, description="Mails per second that the mail server takes.")] = 10.0

    @property
    def domain(self) -> str:
        return canonical(self.address).rpartition("@")[2]

    def own(self) -> frozenset[str]:
        return frozenset(canonical(one) for one in (self.address, *self.aliases))


def canonical(text: str) -> str:
    """The canonical form, or the text in lower case where it is no address."""
    try:
        return address("email", text).value
    except BadAddressText:
        return text.strip().casefold()
