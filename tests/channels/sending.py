"""Tables of what a channel sends. Every channel that speaks HTTP or SMTP gets the boring failures without a line."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import aiohttp
import pytest

from hub.addresses import Address
from hub.errors import (
    BadAddress,
    BadSettings,
    ProviderBroken,
    Refused,
    SendError,
    Throttled,
    TooLong,
    Uncertain,
    Unreachable,
)
from hub.events import MessageQueued
from hub.ids import ChannelId, InteractionId, OutboxId
from hub.ports import Channel, Outbound, Sent
from hub.traces import secrets_of
from tests.channels.peers import HANGS, RESETS, HttpPeer, SmtpPeer, Step, peer

OUTBOX = OutboxId("01931b2e-7c00-7000-8000-00000000000a")
INTERACTION = InteractionId("01931b2e-7c00-7000-8000-00000000000b")


def outbound(to: Address, text: str = "Hello, we look into it.", **more: Any) -> Outbound:
    said = {name: more.pop(name) for name in ("subject", "html", "cc", "attachments") if name in more}
    usual: dict[str, Any] = {
        "outbox_id": OUTBOX,
        "channel_id": ChannelId("account"),
        "interaction_id": INTERACTION,
        "to": to,
        "message": MessageQueued(outbox_id=OUTBOX, to=to, text=text, **said),
    }
    return Outbound(**(usual | more))


class Sending(NamedTuple):
    """``answers`` of the peer in turn; ``raises`` None: it is sent."""

    label: str
    message: Outbound
    answers: tuple[Step, ...] = ()
    raises: SendError | None = None


def boring(message: Outbound, limit: int) -> list[Sending]:
    """What every HTTP channel has to tell apart, where its provider has no words of its own."""

    def text(content: str) -> Outbound:
        return outbound(message.to, content)

    return [
        Sending("it is taken", message, (peer(200),)),
        Sending("taken without content", message, (peer(204),)),
        Sending("429 with seconds", message, (peer(429, retry_after=7),), Throttled(after=7)),
        Sending(
            "429 with a date", message, (peer(429, retry_after="Tue, 24 Nov 2026 14:55:00 GMT"),), Throttled(after=60)
        ),
        Sending("429 with nonsense", message, (peer(429, retry_after="soon"),), Throttled()),
        Sending("401", message, (peer(401),), BadSettings()),
        Sending("403", message, (peer(403, "no"),), BadSettings()),
        Sending("a redirect is not followed", message, (peer(302),), BadSettings()),
        Sending("400", message, (peer(400, "the field is wrong"),), Refused()),
        Sending("413", message, (peer(413),), TooLong()),
        Sending("a bare 500", message, (peer(500),), Uncertain()),
        Sending("502", message, (peer(502),), Uncertain()),
        Sending("503 with a time", message, (peer(503, retry_after=3),), Throttled(after=3)),
        Sending("it resets after the request", message, (RESETS,), Uncertain()),
        Sending("it never answers", message, (HANGS,), Uncertain()),
        Sending("text at the limit", text("x" * limit)),
        Sending("text over the limit", text("x" * (limit + 1)), (), TooLong()),
        Sending("surrogate pairs up to the limit", text("😀" * (limit // 2))),
    ]


HttpMaker = Callable[[str, aiohttp.ClientSession], Channel]


def http_sending(make: HttpMaker, table: list[Sending], example: Outbound, longest: int) -> Any:
    """A test function over the table and the boring cases."""
    found = [*table, *boring(example, longest)]

    @pytest.mark.parametrize("one", found, ids=[one.label for one in found])
    async def test_outbound(one: Sending, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        # The hub's own client is bounded in time as well.
        limit = aiohttp.ClientTimeout(total=0.5)
        async with HttpPeer(one.answers).open() as server, aiohttp.ClientSession(timeout=limit) as http:
            channel = make(server.url, http)
            error = await expect(channel.send, one.message, one.raises)
            if one.raises is None:
                assert len(server.seen) == 1
        hides_secrets(channel, f"{caplog.text} {error!r} {error}")

    return test_outbound


async def expect(
    send: Callable[[Outbound], Awaitable[Sent]], message: Outbound, error: SendError | None
) -> SendError | None:
    """The send ends as it should; gives the error that came."""
    if error is None:
        sent = await send(message)
        assert sent.external_id
        return None
    with pytest.raises(SendError) as caught:
        await send(message)
    assert type(caught.value) is type(error), f"{type(caught.value).__name__}: {caught.value.words}"
    if isinstance(error, Throttled) and error.after is not None:
        assert isinstance(caught.value, Throttled)
        assert caught.value.after == pytest.approx(error.after, abs=1)
    return caught.value


def hides_secrets(channel: Any, shown: str) -> None:
    """Law 10: not in a log of any library, not in an error."""
    for secret in secrets_of(channel.settings):
        assert secret.reveal() not in shown


class Mailing(NamedTuple):
    """What the mail server says or does, and what that means."""

    label: str
    raises: SendError | None = None
    script: dict[str, str] | None = None
    cut: str = ""
    hang: str = ""


MAIL_SERVERS = [
    Mailing("it is taken"),
    Mailing("busy at the door", ProviderBroken(), {"connect": "421 4.3.2 shutting down"}),
    Mailing("hangs up at the door", Unreachable(), cut="connect"),
    Mailing("silent at the door", Unreachable(), hang="connect"),
    Mailing("wrong password", BadSettings(), {"AUTH": "535 5.7.8 authentication failed"}),
    Mailing("wants a password", BadSettings(), {"MAIL": "530 5.7.0 authentication required"}),
    Mailing("password later", ProviderBroken(), {"AUTH": "454 4.7.0 temporary authentication failure"}),
    Mailing("sender refused", Refused(), {"MAIL": "550 5.7.1 not allowed to send as this"}),
    Mailing("too large by size", TooLong(), {"MAIL": "552 5.3.4 message too big"}),
    Mailing("hangs up after MAIL", Unreachable(), cut="MAIL"),
    Mailing("greylisted", Throttled(), {"RCPT": "450 4.7.1 please try again later"}),
    Mailing("too many mails", Throttled(), {"RCPT": "451 too many messages, slow down"}),
    Mailing("mailbox full", ProviderBroken(), {"RCPT": "452 4.2.2 mailbox full"}),
    Mailing("no such mailbox", BadAddress(), {"RCPT": "550 5.1.1 user unknown"}),
    Mailing("no such mailbox, without a code", BadAddress(), {"RCPT": "550 no such user"}),
    Mailing("policy", Refused(), {"RCPT": "554 5.7.1 spam"}),
    Mailing("silent after RCPT", Unreachable(), hang="RCPT"),
    Mailing("no data now", ProviderBroken(), {"DATA": "451 4.3.0 later"}),
    Mailing("data refused", Refused(), {"end": "554 5.6.0 content refused"}),
    Mailing("data too long", TooLong(), {"end": "552 5.2.3 too long"}),
    Mailing("data later", ProviderBroken(), {"end": "451 4.3.0 disk trouble"}),
    Mailing("hangs up after the data", Uncertain(), cut="end"),
    Mailing("silent after the data", Uncertain(), hang="end"),
    Mailing("hangs up instead of bye", None, cut="QUIT"),
    Mailing("silent instead of bye", None, hang="QUIT"),
]


def smtp_sending(make: Callable[[int], Channel], message: Outbound) -> Any:
    @pytest.mark.parametrize("one", MAIL_SERVERS, ids=[one.label for one in MAIL_SERVERS])
    async def test_outbound(one: Mailing, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        async with SmtpPeer(one.script, cut=one.cut, hang=one.hang).open() as server:
            channel = make(server.port)
            error = await expect(channel.send, message, one.raises)
            is_taken = one.raises is None or isinstance(one.raises, Uncertain)
            assert len(server.letters) == is_taken, "certain means certain"
        hides_secrets(channel, f"{caplog.text} {error!r} {error}")

    return test_outbound
