"""What the web server needs to know besides the hub."""

from __future__ import annotations

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    public_url: str
    """How people reach the hub, without a path; its origin may change things."""
    version: str
    session_hours: int = 12
    secure_cookies: bool = False
    body_bytes: int = 2_000_000
    """Largest JSON body of the console's API."""
    calls_per_second: float = 100.0
    """Calls of one session to the API; ten seconds' worth may come at once."""
    proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks of the proxies in front, whose X-Forwarded-For is believed."""
    metrics: Literal["loopback", "public"] = "loopback"
    """Who may read ``/metrics``: programs on this machine, or whoever asks."""
