"""``kill -9`` under load: what was acknowledged is there, once."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.e2e.traffic import Traffic, received
from tests.peers.hub import HubProcess

KILLS = 4
MESSAGES = 1_200


@pytest.mark.timeout(180)
@pytest.mark.loop_may_block(seconds=30, reason="starting and killing processes blocks this test's own loop")
async def test_nothing_acknowledged_is_lost_when_the_hub_is_killed(tmp_path: Path, store_url: str) -> None:
    """Killed (SIGKILL) at random moments under load, SQLite and PostgreSQL: acknowledged = kept, nothing twice."""
    hub = HubProcess(tmp_path, store_url=store_url)
    hub.prepare()
    hub.start()
    chance = random.Random(7)
    try:
        traffic = Traffic(hub, "kill")
        sending = asyncio.create_task(traffic.run(MESSAGES))
        for _ in range(KILLS):
            await traffic.until(min(MESSAGES, len(traffic.acknowledged) + chance.randrange(5, 120)))
            hub.kill()
            await asyncio.to_thread(hub.start)
        await sending
    finally:
        hub.stop()
    kept = received(await asyncio.to_thread(hub.command, "export"))
    assert len(traffic.acknowledged) == MESSAGES
    assert sorted(kept) == sorted(traffic.acknowledged)
    await asyncio.to_thread(hub.command, "doctor", "rebuild")
