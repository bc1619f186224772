"""Where a request comes from, also behind a proxy: for the count of guesses, and for what only this machine may see."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from aiohttp import web

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_V6_PREFIX: Final = 64
"""One customer of a provider has as many addresses of the sixth version as he likes, all of one such network."""


class Proxies:
    """Which peers may say for whom they ask (``X-Forwarded-For``)."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in listed]

    def address_of(self, request: web.Request) -> str:
        """As guesses are counted."""
        return grouped(self._origin(request))

    def is_from_here(self, request: web.Request) -> bool:
        """Whether a program on this machine asks."""
        known = read(self._origin(request))
        return known is not None and known.is_loopback

    def _origin(self, request: web.Request) -> str:
        """The last address that no proxy of ours added; whatever stands before it may be invented."""
        claimed = [part.strip() for line in request.headers.getall("X-Forwarded-For", ()) for part in line.split(",")]
        address = request.remote or ""
        while claimed and self._is_ours(address):
            address = claimed.pop()
        return address

    def _is_ours(self, address: str) -> bool:
        known = read(address)
        return known is not None and any(known in network for network in self._networks)


def read(address: str) -> IpAddress | None:
    """An address of the fourth version as itself, also where the system shows it as one of the sixth."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(known, "ipv4_mapped", None) or known


def grouped(address: str) -> str:
    """An address as guesses are counted: IPv6 by its network, what is no address as one and the same."""
    known = read(address)
    if known is None:
        return "unknown"
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, _V6_PREFIX), strict=False))


PROXIES: Final = web.AppKey("proxies", Proxies)
