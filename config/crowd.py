"""Simulated customers for the channel accounts of a settings file: they use the same entries as real ones."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.simulator import Simulator, SimulatorSettings
from config.clock import SystemClock
from config.settings import Settings


def crowd_of(
    settings: Settings,
    *,
    per_minute: float,
    customers: int,
    seconds: float | None = None,
    seed: int = 1,
    patience: float = 120.0,
) -> Simulator:
    """Customers write by every account they can reach; answers come back where the accounts' own settings send them."""
    found: dict[str, Any] = {"chats": tuple(key for key, one in settings.channels.items() if one.kind == "webchat")}
    for key, one in settings.channels.items():
        if one.kind == "email" and one.settings.listen_port:
            found |= {"smtp_host": one.settings.listen_host, "smtp_port": one.settings.listen_port}
            found |= {"mail_to": one.settings.address}
            if one.settings.relay_host in ("127.0.0.1", "localhost"):
                found["sink_port"] = one.settings.relay_port
        elif one.kind == "api":
            found |= {"api": key, "api_secret": one.settings.secret}
            if (target := urlsplit(one.settings.url)).hostname in ("127.0.0.1", "localhost"):
                found["receiver_port"] = target.port
    plan = SimulatorSettings(
        hub_url=f"http://{settings.server.host}:{settings.server.port}",
        rate=per_minute,
        customers=customers,
        seconds=seconds,
        seed=seed,
        patience=patience,
        **found,
    )
    return Simulator(plan, SystemClock())
