"""Where providers knock: ``/c/<kind>/<account>/<action>``. Law: verified before parsed, committed before answered.

One account's trouble is never another's: limits, time and counts are per account.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Final, NamedTuple

from aiohttp import web

from hub.catalog import Account, Catalog
from hub.errors import HubError, Rejected, TooLarge, Unavailable
from hub.ids import ChannelId
from hub.inbox import AccountLine
from hub.ports import Answers, Clock, Parsed, ReceivesWebhooks, Serves, Webhook, WebhookAnswer

log = logging.getLogger(__name__)
BODY_SECONDS: Final = 15.0
"""A sender that needs longer for its body is cut off."""
LARGE: Final = 65_536
"""Bodies above are parsed on a thread."""
ALERT: Final = 20
"""Forged requests per minute and account that are worth a warning."""
MINUTE: Final = 60.0


class Counts(NamedTuple):
    """Of one account since the start of this process."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    unavailable: int = 0


class Doors:
    """The webhooks of all accounts."""

    def __init__(self, catalog: Catalog, lines: dict[ChannelId, AccountLine], clock: Clock, public_url: str) -> None:
        self._catalog = catalog
        self._lines = lines
        self._clock = clock
        self._public_url = public_url
        self.counts: dict[ChannelId, Counts] = {key: Counts() for key in catalog.accounts}
        self._forged: dict[ChannelId, deque[float]] = {key: deque(maxlen=ALERT) for key in catalog.accounts}

    async def knock(self, request: web.Request) -> web.StreamResponse:
        """The handler of every request below ``/c/``."""
        channel_id = ChannelId(request.match_info["channel_id"])
        account = self._catalog.accounts.get(channel_id)
        if account is None or account.kind != request.match_info["kind"]:
            return web.Response(status=404, text="There is no such channel.")
        if isinstance(account.channel, Serves):
            return await account.channel.serve(request, self._lines[channel_id])
        if not isinstance(account.channel, ReceivesWebhooks):
            return web.Response(status=404, text="This channel takes no webhooks.")
        try:
            return await self._webhook(account, account.channel, request)
        except Rejected as error:
            self._count_forged(channel_id, request.remote or "")
            return web.Response(status=error.status, text=error.words)
        except Unavailable as error:
            self._add(channel_id, unavailable=1)
            return web.Response(status=503, text=error.words, headers={"Retry-After": "5"})
        except HubError as error:
            return web.Response(status=error.status, text=error.words)
        except TimeoutError:
            return web.Response(status=408, text="The body took too long.")
        except Exception:
            log.exception("webhook of %s failed", channel_id)
            return web.Response(status=500, text="Something went wrong here; please send it again.")

    async def _webhook(self, account: Account, channel: ReceivesWebhooks, request: web.Request) -> web.Response:
        body = await read_body(request, account.abilities.body_bytes)
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
        parsed = await parse(channel, webhook)
        result = await self._lines[account.channel_id].accept(parsed)
        again = sum(one.duplicate for one in result.accepted)
        self._add(account.channel_id, accepted=len(result.accepted) - again, duplicates=again)
        answer = channel.answer(webhook, result) if isinstance(channel, Answers) else WebhookAnswer()
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    def _count_forged(self, channel_id: ChannelId, source: str) -> None:
        self._add(channel_id, rejected=1)
        recent, now = self._forged[channel_id], time.monotonic()
        recent.append(now)
        if len(recent) == ALERT and now - recent[0] < MINUTE:
            log.warning("%s: %d forged requests within a minute, the last from %s", channel_id, ALERT, source)
            recent.clear()

    def _add(self, channel_id: ChannelId, **more: int) -> None:
        old = self.counts[channel_id]
        self.counts[channel_id] = old._replace(**{name: getattr(old, name) + value for name, value in more.items()})


async def read_body(request: web.Request, limit: int) -> bytes:
    """Raises TooLarge without reading on, TimeoutError."""
    if (request.content_length or 0) > limit:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    async with asyncio.timeout(BODY_SECONDS):
        async for part in request.content.iter_chunked(LARGE):
            size += len(part)
            if size > limit:
                raise TooLarge
            parts.append(part)
    return b"".join(parts)


async def parse(channel: ReceivesWebhooks, webhook: Webhook) -> Parsed:
    if len(webhook.body) > LARGE:
        return await asyncio.to_thread(channel.parse, webhook)
    return channel.parse(webhook)


def add_routes(app: web.Application, doors: Doors) -> None:
    app.router.add_route("*", "/c/{kind}/{channel_id}/{action:.*}", doors.knock)
