"""What the web server needs to know besides the hub."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    public_url: str
    """How people reach the hub, without a path; its origin may change things."""
    version: str
    session_hours: int = 12
    secure_cookies: bool = False
    body_bytes: int = 2_000_000
    """Largest JSON body of the console's API."""
