"""What the router counts, for Prometheus. It stands here because the web server must not know the router."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from hub.health import counter
from routing.engine import Engine


class RouterMeasures(Collector):
    """Reads the router when asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def text(self) -> bytes:
        return generate_latest(self)

    def collect(self) -> Iterable[Metric]:
        engine, sweeper = self._engine, self._engine.sweeper
        yield counter("continuo_router_rebuilds", "Times the router began anew from the store", engine.rebuilds)
        yield counter("continuo_router_claimed", "Decisions that were carried out", engine.claimed)
        yield counter("continuo_router_voided", "Decisions that somebody else had overtaken", engine.voided)
        yield counter("continuo_router_looks", "Looks at what must hold", sweeper.looks)
        yield counter(
            "continuo_router_unserved", "Work found waiting although somebody could take it", sweeper.unserved
        )
        yield counter("continuo_router_timerless", "Open offers found without a timer", sweeper.timerless)
