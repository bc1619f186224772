"""How the hub is, for machines: Prometheus metrics of one hub, without global state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from hub.runtime import Hub

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Reads the hub when asked; nothing is counted twice."""

    def __init__(self, hub: Hub) -> None:
        self._registry = CollectorRegistry()
        self._hub = hub
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        hub = self._hub
        writes = hub.store.counters
        yield counter("continuo_events", "Events appended by this process", writes.events)
        yield counter("continuo_commits", "Group commits of this process", writes.commits)
        yield counter("continuo_statements", "SQL statements of the writer", writes.statements)
        yield counter("continuo_store_failures", "Groups that the store did not take", writes.failures)
        yield GaugeMetricFamily("continuo_position", "Position this process has read", value=hub.feed.head)
        yield GaugeMetricFamily("continuo_in_flight", "Messages being sent", value=hub.outbox.in_flight)
        dropped = getattr(hub.bus, "dropped", 0)
        yield counter("continuo_hints_dropped", "Hints that other processes did not get", dropped)
        yield counter("continuo_traces_lost", "Traces that could not be kept", hub.traces.lost)
        yield counter("continuo_timers", "Timers that were due", hub.timers.fired)
        yield from self._doors()
        yield from self._sends()

    def _doors(self) -> Iterable[Metric]:
        webhooks = CounterMetricFamily("continuo_webhooks", "What came in, by account", labels=("account", "outcome"))
        for (account, outcome), number in self._hub.doors.counts.items():
            webhooks.add_metric((account, outcome), number)
        yield webhooks

    def _sends(self) -> Iterable[Metric]:
        sends = CounterMetricFamily("continuo_sends", "Tries to send, by account", labels=("account", "outcome"))
        for (account, outcome), number in self._hub.outbox.outcomes.items():
            sends.add_metric((account, outcome), number)
        yield sends
        resting = GaugeMetricFamily("continuo_resting", "1: the provider does not answer", labels=("account",))
        for account, breaker in self._hub.outbox.breakers.items():
            resting.add_metric((account,), int(breaker.is_open))
        yield resting


def counter(name: str, words: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, words, value=value)
