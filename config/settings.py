"""Everything an operator can set. One law: a setting has a sentence of help, a default, a unit and a check."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hub.ports import Secret

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Work = Literal["call", "chat", "async", "email"]


class Network(str):
    """Internet addresses that belong together, as ``ipaddress`` reads them. Raises ValueError."""

    __slots__ = ()

    def __new__(cls, text: str) -> Network:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise ValueError(f"{text[:80]} is no network: {error}") from error
        if not network.prefixlen or "%" in text:
            raise ValueError(f"{text[:80]} is no network of yours")
        return super().__new__(cls, text)


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the settings file."""


class StoreSettings(Section, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            pattern=r"^(sqlite:///.+|postgresql\+psycopg://.+)$",
            description="Where events are kept: sqlite:///continuo.db (relative to the data folder) or "
            "postgresql+psycopg://user:password@host/database.",
        ),
    ] = "sqlite:///continuo.db"
    readers: Annotated[int, Meta(ge=1, le=64, description="Threads that read at the same time.")] = 4
    group: Annotated[int, Meta(ge=1, le=10_000, description="Most changes that share one commit.")] = 500


class BusSettings(Section, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            pattern=r"^(memory://|redis://.+|rediss://.+|unix://.+)$",
            description="What carries hints between processes: memory:// for one process, redis://host/0 for several.",
        ),
    ] = "memory://"


class ServerSettings(Section, frozen=True, kw_only=True):
    host: Annotated[str, Meta(min_length=1, description="Address to listen on; 0.0.0.0 is every interface.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port; 0 takes a free one.")] = 8080
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/\s]+)?$",
            description="How people and providers reach the hub, without a path, such as https://hub.example. "
            "Empty: http://host:port.",
        ),
    ] = ""
    drain_seconds: Annotated[
        float, Meta(ge=0, le=600, description="Seconds given to open requests and sends when the hub stops.")
    ] = 20.0
    keep_alive_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds after which a connection without a request is closed; longer than the proxy in front "
            "keeps its own, so that the proxy closes first.",
        ),
    ] = 150.0
    metrics: Annotated[
        Literal["loopback", "public"],
        Meta(description="Who may read /metrics. loopback: programs on this machine; public: whoever asks."),
    ] = "loopback"


class AccessSettings(Section, frozen=True, kw_only=True):
    session_hours: Annotated[int, Meta(ge=1, le=8760, description="Hours after which a sign-in ends.")] = 12
    secure_cookies: Annotated[
        bool | None, Meta(description="Send the session cookie over HTTPS only. Unset: yes if public_url is https.")
    ] = None
    proxies: Annotated[
        tuple[Network, ...],
        Meta(description="Networks of the proxies in front, whose X-Forwarded-For is believed, such as 10.0.0.0/8."),
    ] = (Network("127.0.0.0/8"), Network("::1/128"))
    calls_per_second: Annotated[
        float,
        Meta(
            gt=0,
            le=100_000,
            description="Calls a second that one signed-in person may make to the API; ten seconds' worth may come at "
            "once.",
        ),
    ] = 100.0


class LogSettings(Section, frozen=True, kw_only=True):
    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="Least important line shown.")] = (
        "info"
    )
    format: Annotated[
        Literal["auto", "text", "json"], Meta(description="auto: text on a terminal, JSON lines elsewhere.")
    ] = "auto"


class QueueSettings(Section, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=60, description="What people call it; empty: its key.")] = ""
    members: Annotated[
        tuple[str, ...] | None,
        Meta(description="E-mail addresses of its agents. Unset: all agents whose user lists no queue, or this one."),
    ] = None
    offer_seconds: Annotated[
        dict[Work, Annotated[int, Meta(ge=5, le=3600)]],
        Meta(description="How long an offer stands, by kind of work: call 20, chat 30, async 120, email 120."),
    ] = {}
    reopen_hours: Annotated[
        int, Meta(ge=0, le=8760, description="A customer's answer within these hours after closing re-opens the work.")
    ] = 72


class ChannelSettings(Section, frozen=True, kw_only=True):
    """``settings`` is the kind's own table, already checked."""

    kind: Name
    queue: Name
    name: str = ""
    from_name: str = ""
    settings: Any = None


class Settings(Section, frozen=True, kw_only=True):
    data: Annotated[str, Meta(min_length=1, description="Folder for the SQLite file and attachments.")] = "data"
    store: StoreSettings = StoreSettings()
    bus: BusSettings = BusSettings()
    server: ServerSettings = ServerSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()
    queues: Annotated[dict[Name, QueueSettings], Meta(description="Where work waits, one table each.")] = {}
    channels: Annotated[dict[Name, ChannelSettings], Meta(description="Channel accounts, one table each.")] = {}

    @property
    def public_url(self) -> str:
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"


def reveal_nothing(kind: type, value: object) -> object:
    """msgspec's hook for settings: a text becomes a Secret and never turns back; or it becomes a Network."""
    if kind is Network and isinstance(value, str):
        return Network(value)
    if kind is Secret and isinstance(value, str):
        if not value:
            raise ValueError("must not be empty")
        return Secret(value)
    raise NotImplementedError(kind)
