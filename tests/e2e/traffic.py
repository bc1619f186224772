"""Customers of a hub that may die at any moment: they repeat what was not acknowledged, and remember what was."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp

from tests.peers.hub import HubProcess


@dataclass
class Traffic:
    """Messages by the API and by web chat. ``acknowledged`` holds the provider's id of each that got its 2xx."""

    hub: HubProcess
    name: str
    urls: tuple[str, ...] = ()
    """Hubs of one cluster; each message goes to the next one."""
    acknowledged: set[str] = field(default_factory=set)
    repeats: int = 0

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()

    async def run(self, count: int, *, at_once: int = 16) -> None:
        """Send so many messages; each is repeated until it is acknowledged, at most for a minute."""
        numbers = iter(range(count))
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as http, asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(self._sender(http, numbers))

    async def until(self, count: int) -> None:
        """Wait until so many messages are acknowledged."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.acknowledged) >= count)

    async def _sender(self, http: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self.send(http, f"{self.name}-{number}", number)

    async def send(self, http: aiohttp.ClientSession, external_id: str, number: int, sender: str = "") -> None:
        sender = sender or f"customer-{number % 40}"
        body = json.dumps({"external_id": external_id, "from": sender, "text": f"Message {external_id}"}).encode()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                url = self._url(number + self.repeats)
                async with http.post(f"{url}/c/api/shop/messages", data=body, headers=self.signed(body)) as answer:
                    if answer.status == 200:
                        async with self._changed:
                            self.acknowledged.add(external_id)
                            self._changed.notify_all()
                        return
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            self.repeats += 1
            await asyncio.sleep(0.02)
        raise AssertionError(f"{external_id} was not acknowledged within a minute")

    def _url(self, number: int) -> str:
        urls = self.urls or (self.hub.url,)
        return urls[number % len(urls)]

    def signed(self, body: bytes) -> dict[str, str]:
        moment = str(int(time.time()))
        digest = hmac.new(self.hub.api_secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Continuo-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


def received(export: str) -> list[str]:
    """The provider's ids of all messages in an export, doubled ones twice. Checks that positions have no gap."""
    ids = []
    for position, line in enumerate(export.splitlines(), 1):
        event = json.loads(line)
        assert event["position"] == position, f"a gap before position {event['position']}"
        if event["type"] == "message.received":
            ids.append(event["external_id"])
    return ids
