"""Metrics: of one hub, valid for Prometheus, without state outside of it."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from hub.health import Metrics
from hub.ids import ChannelId, Ids
from hub.ports import Parsed
from hub.runtime import run_hub
from tests import given
from tests.hub.provider import Provider
from tests.hub.test_runtime import plan


def values(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_what_a_hub_did_is_counted(sqlite_store_url: str, tmp_path: Path) -> None:
    async with run_hub(plan(sqlite_store_url, "memory://", tmp_path, Provider()), given.FixedClock(), Ids()) as hub:
        await hub.lines[given.CHAT].accept(Parsed(events=(given.incoming(),)))
        hub.doors.counts[given.CHAT, "forged"] += 2
        hub.outbox.outcomes[given.CHAT, "sent"] += 1
        for _ in range(10):
            hub.outbox.breakers[ChannelId("chat")].failed()
        found = values(Metrics(hub).text())
        assert found == values(Metrics(hub).text())
    assert found["continuo_events_total"] == FIRST_MESSAGE
    assert found["continuo_webhooks_total chat forged"] == 2
    assert found["continuo_sends_total chat sent"] == 1
    assert found["continuo_resting chat"] == 1
    assert found["continuo_in_flight"] == 0
    assert found["continuo_hints_dropped_total"] == 0


FIRST_MESSAGE = 5
"""A first message: customer, address, interaction, queued, message."""


async def test_two_hubs_in_one_process_are_counted_apart(
    sqlite_store_url: str, postgres_store_url: str, tmp_path: Path
) -> None:
    async with (
        run_hub(plan(sqlite_store_url, "memory://", tmp_path, Provider()), given.FixedClock(), Ids()) as one,
        run_hub(plan(postgres_store_url, "memory://", tmp_path, Provider()), given.FixedClock(), Ids()) as other,
    ):
        one.doors.counts[given.CHAT, "accepted"] += 1
        assert values(Metrics(one).text())["continuo_webhooks_total chat accepted"] == 1
        assert "continuo_webhooks_total chat accepted" not in values(Metrics(other).text())
