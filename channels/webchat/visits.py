"""Who is talking: signed visit tokens, identity proofs of the host site, and which sites may show the chat.

One law: nothing here is looked up. A token carries what it says under our signature, or it is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from channels.webchat.settings import Settings
from hub.addresses import Address, BadAddressText, address
from hub.errors import Forbidden, Rejected, Unauthorised
from hub.events import Attachment
from hub.ids import ChannelId
from hub.ports import Clock

_DAY: Final = 86_400
_TICKET_SECONDS: Final = 7 * _DAY


class Expired(Unauthorised):
    """This visit is over. A new one can begin."""

    code = "visit_over"


class Visit(msgspec.Struct, frozen=True):
    """One customer on one account, as the token says it."""

    address: Address
    name: str = ""
    """Given by the host site; proven only together with a user."""

    @property
    def verified(self) -> str | None:
        return "site" if self.address.kind == "user" else None


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed-in user as the host site's server proves it."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    proof: Annotated[str, msgspec.Meta(max_length=200)]
    """Hexadecimal HMAC-SHA256(user, site secret)."""
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Visits:
    def __init__(self, settings: Settings, channel_id: ChannelId, clock: Clock) -> None:
        self._settings = settings
        self._channel_id = channel_id
        self._clock = clock

    def begin(self) -> Visit:
        return Visit(Address("visitor", secrets.token_hex(16)))

    def identify(self, identity: Identity) -> Visit:
        """Raises Rejected."""
        site = self._settings.site_secret
        if not site:
            raise Rejected("This chat takes no identity: its site secret is not set.")
        expected = hmac.digest(site.reveal().encode(), identity.user.encode(), hashlib.sha256).hex()
        if not hmac.compare_digest(expected.encode(), identity.proof.strip().lower().encode()):
            raise Rejected("The identity's proof is wrong.")
        try:
            known = address("user", f"{self._settings.realm or self._channel_id}:{identity.user}")
        except BadAddressText:
            raise Rejected("The identity names no user.") from None
        return Visit(known, identity.name.strip())

    # tokens

    def sign(self, visit: Visit) -> str:
        return self._seal("visit", {"k": visit.address.kind, "a": visit.address.value, "n": visit.name})

    def read(self, token: str) -> Visit:
        """Raises Rejected for a token that is not ours, Expired for one that is too old."""
        said = self._unseal("visit", token, self._settings.visit_days * _DAY)
        return Visit(Address(said["k"], said["a"]), said["n"])

    def sign_count(self, visit: Visit) -> str:
        """A token that only counts unread messages; the host page may keep it."""
        return self._seal("count", {"k": visit.address.kind, "a": visit.address.value})

    def read_count(self, token: str) -> Address:
        """Raises Rejected, Expired."""
        said = self._unseal("count", token, self._settings.visit_days * _DAY)
        return Address(said["k"], said["a"])

    def ticket(self, visit: Visit, file: Attachment) -> str:
        """Proof that this visit uploaded the file: knowing a hash is not having the content."""
        return self._seal("file", {"a": str(visit.address), "f": msgspec.to_builtins(file)})

    def redeem(self, visit: Visit, ticket: str) -> Attachment:
        """Raises Rejected, Expired."""
        said = self._unseal("file", ticket, _TICKET_SECONDS)
        if said["a"] != str(visit.address):
            raise Rejected("This file belongs to another visit.")
        return msgspec.convert(said["f"], Attachment)

    def _seal(self, purpose: str, what: dict[str, Any]) -> str:
        moment = int(self._clock.now().timestamp())
        return str(self._signer(purpose).dumps({**what, "c": self._channel_id, "t": moment}))

    def _unseal(self, purpose: str, token: str, seconds: float) -> dict[str, Any]:
        try:
            said = self._signer(purpose).loads(token)
        except (BadData, UnicodeError, RecursionError):
            raise Rejected("The token is not ours.") from None
        if said["c"] != self._channel_id:
            raise Rejected("The token is for another account.")
        if self._clock.now().timestamp() - said["t"] > seconds:
            raise Expired
        return dict(said)

    def _signer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._settings.secret.reveal(),
            salt=f"continuo.webchat.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )


class Origins:
    """Which sites may show the chat: those listed, and the hub's own."""

    def __init__(self, listed: tuple[str, ...], public_url: str) -> None:
        self._is_open = "*" in listed
        self._listed = frozenset(origin.lower() for origin in listed) | {origin_of(public_url)}

    def is_allowed(self, origin: str, host: str = "") -> bool:
        """``host`` is the request's own: a page of the hub is always at home."""
        origin = origin.lower()
        if origin in self._listed:
            return True
        if host and origin.startswith(("http://", "https://")) and origin.partition("://")[2] == host.lower():
            return True
        return self._is_open and origin.startswith(("http://", "https://"))

    def require(self, origin: str | None, host: str = "") -> None:
        """Raises Forbidden. No origin at all is no browser of a stranger's page; the token decides then."""
        if origin is not None and not self.is_allowed(origin, host):
            raise Forbidden("This site may not show the chat.", origin=origin[:200])


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
