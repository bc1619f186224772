"""Where providers knock: ``/c/<kind>/<account>/<action>``. Law: verified before parsed, committed before answered.

One account's trouble is never another's: limits, time and counts are per account.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import Counter, deque
from typing import Final, Literal, NamedTuple

from aiohttp import web

from hub.bodies import body_of
from hub.catalog import Account, Catalog
from hub.errors import HubError, Invalid, Rejected, TooLarge, TooSlow, Unavailable
from hub.events import PayloadUnreadable
from hub.ids import ChannelId, MediaId
from hub.inbox import AccountLine
from hub.ports import Answers, Blob, Clock, Incoming, Ingested, Parsed, ReceivesWebhooks, Serves, Webhook, WebhookAnswer

log = logging.getLogger(__name__)
LARGE: Final = 65_536
"""Bodies above are parsed on a thread."""
ALERT: Final = 20
"""Forged requests per minute and account that are worth a warning."""
MINUTE: Final = 60.0
Outcome = Literal[
    "accepted", "duplicate", "forged", "refused", "too_large", "slow", "unreadable", "unavailable", "broken"
]


class Powers(NamedTuple):
    """What a channel can do here, asked once: ``isinstance`` of a protocol is slow."""

    serves: Serves | None
    receives: ReceivesWebhooks | None
    answers: Answers | None

    @classmethod
    def of(cls, channel: object) -> Powers:
        return cls(
            channel if isinstance(channel, Serves) else None,
            channel if isinstance(channel, ReceivesWebhooks) else None,
            channel if isinstance(channel, Answers) else None,
        )


class Doors:
    """The webhooks of all accounts."""

    def __init__(self, catalog: Catalog, lines: dict[ChannelId, AccountLine], clock: Clock, public_url: str) -> None:
        self._catalog = catalog
        self._lines = lines
        self._clock = clock
        self._public_url = public_url
        self.counts: Counter[tuple[ChannelId, Outcome]] = Counter()
        """Since the start of this process."""
        self._powers = {key: Powers.of(account.channel) for key, account in catalog.accounts.items()}
        self._forged: dict[ChannelId, deque[float]] = {key: deque(maxlen=ALERT + 1) for key in catalog.accounts}

    async def knock(self, request: web.Request) -> web.StreamResponse:
        """The handler of every request below ``/c/``."""
        channel_id = ChannelId(request.match_info["channel_id"])
        account = self._catalog.accounts.get(channel_id)
        if account is None or account.kind != request.match_info["kind"]:
            return web.Response(status=404, text="There is no such channel.")
        powers = self._powers[channel_id]
        if powers.serves is not None:
            return await self._serve(account, powers.serves, request)
        if powers.receives is None:
            return web.Response(status=404, text="This channel takes no webhooks.")
        try:
            return await self._webhook(account, powers.receives, request)
        except Rejected as error:
            self._count_forged(channel_id, request.remote or "")
            return refused(error)
        except HubError as error:
            return self._refuse(account, error, request)
        except Exception:
            log.exception("webhook of %s failed", channel_id)
            self.counts[channel_id, "broken"] += 1
            return web.Response(status=500, text="Something went wrong here; please send it again.")

    async def _serve(self, account: Account, channel: Serves, request: web.Request) -> web.StreamResponse:
        """A channel that answers by itself. What it raises unforeseen ends this request alone: the server logs it."""
        try:
            return await channel.serve(request, self._lines[account.channel_id])
        except HubError as error:
            return self._refuse(account, error, request)

    async def _webhook(self, account: Account, channel: ReceivesWebhooks, request: web.Request) -> web.Response:
        body = await body_of(request, account.abilities.body_bytes)
        webhook = Webhook(
            method=request.method,
            action=request.match_info["action"],
            url=self._public_url + request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query),
            body=body,
            received_at=self._clock.now(),
        )
        channel.verify(webhook)
        parsed = await self._parse(account, channel, webhook)
        result = await self._accept(account, webhook, parsed)
        again = sum(one.duplicate for one in result.accepted)
        self.counts[account.channel_id, "accepted"] += len(result.accepted) - again
        self.counts[account.channel_id, "duplicate"] += again
        answers = self._powers[account.channel_id].answers
        answer = answers.answer(webhook, result) if answers is not None else WebhookAnswer()
        return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})

    async def _parse(self, account: Account, channel: ReceivesWebhooks, webhook: Webhook) -> Parsed:
        """A channel whose parse fails drops nothing: the payload is kept as it came, and shown."""
        try:
            if len(webhook.body) > LARGE:
                return await asyncio.to_thread(channel.parse, webhook)
            return channel.parse(webhook)
        except Exception as error:
            log.exception("channel %s could not parse what it had verified", account.channel_id)
            return self._unreadable(account, webhook, type(error).__name__)

    async def _accept(self, account: Account, webhook: Webhook, parsed: Parsed) -> Ingested:
        """What the store can't hold as it was parsed is kept as it came. Raises Unavailable."""
        line = self._lines[account.channel_id]
        try:
            return await line.accept(parsed)
        except Invalid as error:
            return await line.accept(self._unreadable(account, webhook, error.words))

    def _unreadable(self, account: Account, webhook: Webhook, reason: str) -> Parsed:
        self.counts[account.channel_id, "unreadable"] += 1
        return unreadable(webhook.body, reason)

    def _refuse(self, account: Account, error: HubError, request: web.Request) -> web.Response:
        match error:
            case Unavailable():
                self.counts[account.channel_id, "unavailable"] += 1
            case TooLarge():
                self.counts[account.channel_id, "too_large"] += 1
                log.warning("%s: a request of %s is larger than allowed", account.channel_id, request.remote)
            case TooSlow():
                self.counts[account.channel_id, "slow"] += 1
            case _:
                self.counts[account.channel_id, "refused"] += 1
        return refused(error)

    def _count_forged(self, channel_id: ChannelId, source: str) -> None:
        self.counts[channel_id, "forged"] += 1
        recent, now = self._forged[channel_id], time.monotonic()
        recent.append(now)
        if len(recent) > ALERT and now - recent[0] < MINUTE:
            log.warning("%s: more than %d forged requests within a minute, the last from %s", channel_id, ALERT, source)
            recent.clear()


def refused(error: HubError) -> web.Response:
    answer = web.Response(status=error.status, text=error.words)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = "5"
    return closing(answer) if isinstance(error, TooLarge | TooSlow) else answer


def closing(answer: web.Response) -> web.Response:
    """There is more to come that nobody will read: this connection is of no further use."""
    answer.force_close()
    return answer


def unreadable(body: bytes, reason: str) -> Parsed:
    raw = MediaId(hashlib.sha256(body).hexdigest())
    data = PayloadUnreadable(reason=f"The channel could not read this: {reason}", raw=raw, size=len(body))
    return Parsed(events=(Incoming(data=data, external_id=f"unreadable:{raw}"),), blobs=(Blob(raw, body),))


def add_routes(app: web.Application, doors: Doors) -> None:
    app.router.add_route("*", "/c/{kind}/{channel_id}/{action:.*}", doors.knock)
