"""Where a request comes from, also behind a proxy: the address that guesses are counted for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_V6_PREFIX: Final = 64
"""One customer of a provider has as many addresses of the sixth version as he likes, all of one such network."""


class Proxies:
    """Which peers may say for whom they ask (``X-Forwarded-For``)."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in listed]

    def address_of(self, request: web.Request) -> str:
        """The last address that no proxy of ours added; whatever stands before it may be invented."""
        claimed = [part.strip() for line in request.headers.getall("X-Forwarded-For", ()) for part in line.split(",")]
        address = request.remote or ""
        while claimed and self._is_ours(address):
            address = claimed.pop()
        return grouped(address)

    def _is_ours(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)


def grouped(address: str) -> str:
    """An address as guesses are counted: IPv6 by its network, what is no address as one and the same."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _V6_PREFIX), strict=False))


PROXIES: Final = web.AppKey("proxies", Proxies)
