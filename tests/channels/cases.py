"""Tables of cases become tests; every channel gets the boring ones without a line from its author."""

import json
import random
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from channels.kit import UNREADABLE
from hub.errors import Missing, Rejected
from hub.events import TYPES, Data, DeliveryUpdated, MessageReceived, PayloadUnreadable
from hub.ids import ChannelId
from hub.ports import Incoming, Parsed, ReceivesWebhooks, Secret, Tools, Webhook
from hub.ranks import RANKS
from tests.channels.memory_line import FixedClock, MemoryLine

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 24, 14, 54, tzinfo=UTC)
Case = tuple[str, Callable[[], None]]


class Inbound(NamedTuple):
    """A recorded payload. ``gives``: its events' data, in order, ``raw`` left out; None: as in ``<fixture>.events``."""

    label: str
    fixture: str
    gives: tuple[Data, ...] | None = None
    action: str = ""


class House(NamedTuple):
    """One channel under test. ``sign`` makes an authentic request of a body; None where none come by webhook."""

    channel: Any
    sign: Callable[[bytes, str], Webhook] | None = None
    is_json: bool = True
    is_timed: bool = False
    """Its signatures are good for some time only."""

    @property
    def kind(self) -> str:
        return str(self.channel.kind)

    def parse(self, body: bytes, action: str = "") -> Parsed:
        if self.sign is None:
            parsed: Parsed = self.channel.parse_file(body, "fixture")
            return parsed
        request = self.sign(body, action)
        self.channel.verify(request)
        found: Parsed = self.channel.parse(request)
        return found


def tools(channel_id: str, **more: Any) -> Tools:
    usual: dict[str, Any] = {
        "channel_id": ChannelId(channel_id),
        "public_url": f"http://hub.example/c/x/{channel_id}",
        "http": None,
        "clock": FixedClock(),
        "media": None,
    }
    return Tools(**(usual | more))


def fixture(kind: str, name: str) -> bytes:
    return (FIXTURES / kind / name).read_bytes()


def cases(house: House, inbound: list[Inbound]) -> Any:
    """The test function of everything that comes in, one parameter per case."""
    found = [*_given(house, inbound), *_hostile(house, inbound), *_forged(house, inbound), *_secret(house)]

    @pytest.mark.parametrize("case", [run for _, run in found], ids=[label for label, _ in found])
    def test_inbound(case: Callable[[], None]) -> None:
        case()

    return test_inbound


def _given(house: House, inbound: list[Inbound]) -> Iterator[Case]:
    for one in inbound:
        yield one.label, partial(_gives, house, one)
        yield f"{one.label}: twice is once", partial(_twice, house, one)
        yield f"{one.label}: parsing is pure", partial(_pure, house, one)
    yield "all fixtures in any order end the same", partial(_shuffled, house, inbound)


def plain(data: Data) -> Data:
    return msgspec.structs.replace(data, raw=None) if isinstance(data, MessageReceived | PayloadUnreadable) else data


def _gives(house: House, one: Inbound) -> None:
    parsed = house.parse(fixture(house.kind, one.fixture), one.action)
    got = [plain(event.data) for event in parsed.events]
    if one.gives is not None:
        assert got == list(one.gives)
    else:
        golden = FIXTURES / house.kind / f"{one.fixture}.events"
        seen = [{"type": TYPES[type(event.data)]} | readable(event) for event in parsed.events]
        assert seen == json.loads(golden.read_text())
    check_events(house, parsed)


def readable(event: Incoming) -> dict[str, Any]:
    """An event as it stands in a golden file: everything but its hash."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(event))
    found["data"] = json.loads(msgspec.json.encode(plain(event.data)))
    found["external_id"] = found["external_id"].partition(">:")[0] if ">:" in event.external_id else "hash"
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def check_events(house: House, parsed: Parsed) -> None:
    """What holds for every event of every channel."""
    blobs = {blob.media_id for blob in parsed.blobs}
    for event in parsed.events:
        assert TYPES[type(event.data)] in house.channel.abilities.emits
        assert event.external_id and "\0" not in event.external_id and len(event.external_id) <= 400
        encoded = msgspec.json.encode(event.data)
        assert b"\\u0000" not in encoded.replace(b"\\\\", b""), "a store could not hold it"
        assert msgspec.json.decode(encoded, type=type(event.data)) == event.data
        if isinstance(event.data, MessageReceived):
            assert event.sender is not None and event.sender == event.data.sender
            assert {file.media_id for file in event.data.attachments} <= blobs
        if isinstance(event.data, PayloadUnreadable):
            assert event.data.raw in blobs


def _twice(house: House, one: Inbound) -> None:
    body = fixture(house.kind, one.fixture)
    first, second = house.parse(body, one.action), house.parse(body, one.action)
    assert [event.external_id for event in first.events] == [event.external_id for event in second.events]
    keys = {(event.external_id, type(event.data)) for event in first.events}
    assert len(keys) == len(first.events), "two events of one payload share a key"


def _pure(house: House, one: Inbound) -> None:
    body = fixture(house.kind, one.fixture)
    expected = house.parse(body, one.action)
    with nothing_outside():
        assert house.parse(body, one.action) == expected


@contextmanager
def nothing_outside() -> Iterator[None]:
    """No socket, no clock, no randomness."""

    def forbidden(*_: object, **__: object) -> Any:
        raise AssertionError("parse reached outside")

    with pytest.MonkeyPatch.context() as patch:
        for module, names in (
            (socket, ("socket", "create_connection", "getaddrinfo")),
            (time, ("time", "time_ns", "localtime")),
            (random, ("random", "randrange", "choice", "getrandbits")),
            (uuid, ("uuid1", "uuid4")),
        ):
            for name in names:
                patch.setattr(module, name, forbidden)
        yield


def _shuffled(house: House, inbound: list[Inbound]) -> None:
    events = [event for one in inbound for event in house.parse(fixture(house.kind, one.fixture), one.action).events]
    straight = final(events)
    for seed in range(5):
        order = list(events)
        random.Random(seed).shuffle(order)
        assert final(order) == straight


def final(events: list[Incoming]) -> dict[Any, Any]:
    """What stands in the end: messages once, by key; the highest status of each of ours."""
    state: dict[Any, Any] = {}
    for event in events:
        key: Any = (event.external_id, type(event.data))
        if isinstance(event.data, DeliveryUpdated):
            key = (event.data.outbox_id, event.data.external, event.data.recipient)
            if RANKS[event.data.status] <= RANKS[state.get(key, "queued")]:
                continue
            state[key] = event.data.status
        else:
            state.setdefault(key, event.data)
    return state


# what strangers send


def _hostile(house: House, inbound: list[Inbound]) -> Iterator[Case]:
    bodies: list[tuple[str, bytes]] = [
        ("empty", b""),
        ("NUL", b"\0" * 100),
        ("not UTF-8", b'{"text":"\xff\xfe"}'),
        ("10,000 lists deep", b"[" * 10_000 + b"]" * 10_000),
        ("10,000 objects deep", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        *((f"JSON but {kind}", body) for kind, body in (("a list", b"[]"), ("a text", b'"x"'), ("a number", b"7"))),
        ("JSON with a key twice", b'{"text":"a","text":"b"}'),
        ("a lone surrogate", b'{"text":"\\ud800"}'),
    ]
    for label, body in bodies:
        yield f"{label} is one unreadable", partial(_unreadable, house, body)
    for one in inbound:
        for share in (0.3, 0.6, 0.9):
            yield (
                f"{one.label}: cut at {share:.0%}",
                partial(_truncated, house, one, share),
            )


def _unreadable(house: House, body: bytes) -> None:
    for action in actions(house):
        parsed = house.parse(body, action)
        assert [type(event.data) for event in parsed.events] == [PayloadUnreadable]
        assert parsed.events[0].external_id.startswith(UNREADABLE)
        assert [blob.content for blob in parsed.blobs] == [body]


def _truncated(house: House, one: Inbound, share: float) -> None:
    body = fixture(house.kind, one.fixture)
    body = body[: int(len(body) * share)]
    parsed = house.parse(body, one.action)
    check_events(house, parsed)
    assert parsed.events
    if house.is_json:
        assert [type(event.data) for event in parsed.events] == [PayloadUnreadable]


def actions(house: House) -> tuple[str, ...]:
    return getattr(house.channel, "ACTIONS", ("",))


def _forged(house: House, inbound: list[Inbound]) -> Iterator[Case]:
    if not isinstance(house.channel, ReceivesWebhooks):
        return
    body = fixture(house.kind, inbound[0].fixture)

    def changed(change: Callable[[Webhook], Webhook], error: type[Rejected]) -> Callable[[], None]:
        def run() -> None:
            assert house.sign is not None
            request = house.sign(body, inbound[0].action)
            with pytest.raises(error):
                house.channel.verify(change(request))

        return run

    def headers(change: Callable[[str], str]) -> Callable[[Webhook], Webhook]:
        return lambda request: msgspec.structs.replace(
            request, headers={name: change(value) for name, value in request.headers.items()}
        )

    yield "no signature", changed(lambda request: msgspec.structs.replace(request, headers={}), Missing)
    yield "an empty signature", changed(headers(lambda value: ""), Missing)
    yield "half a signature", changed(headers(lambda value: value[: len(value) // 2]), Rejected)
    yield "a signature with one character changed", changed(headers(lambda value: value[:-1] + "g"), Rejected)
    yield "a signature that is not ASCII", changed(headers(lambda value: value + "é"), Rejected)
    yield (
        "the signature of another body",
        changed(lambda request: msgspec.structs.replace(request, body=request.body + b" "), Rejected),
    )
    if not house.is_timed:
        return
    yield (
        "a signature of yesterday",
        changed(
            lambda request: msgspec.structs.replace(request, received_at=request.received_at + timedelta(days=1)),
            Rejected,
        ),
    )


def _secret(house: House) -> Iterator[Case]:
    def hidden() -> None:
        settings = house.channel.settings
        secrets = [value for name in settings.__struct_fields__ if isinstance(value := getattr(settings, name), Secret)]
        assert secrets, "this channel has no secret: exempt it where that is right"
        shown = f"{settings!r} {house.channel!r} {vars(house.channel)!r}"
        for secret in secrets:
            assert secret.reveal() not in shown

    yield "no secret shows in repr", hidden


async def accept_twice(channel_id: str, parsed: Parsed) -> tuple[int, int]:
    """How many events a line keeps of the same payload, and how many of the second delivery it calls duplicates."""
    line = MemoryLine(FixedClock(), channel_id)
    await line.accept(parsed)
    again = await line.accept(parsed)
    return len(line.events), sum(one.duplicate for one in again.accepted)
