"""The API channel: signed messages and statuses in, signed webhooks out."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from channels.api import FILE_BYTES, TEXT_LIMIT, Api, ApiSettings
from channels.kit import check_stamp, stamp
from hub.addresses import Address
from hub.errors import BadSettings, NotFound, Refused, Rejected, TooLong, Unreachable
from hub.events import Attachment, DeliveryUpdated, MessageReceived
from hub.ids import MediaId, OutboxId
from hub.ports import Accepted, Ingested, Secret, Webhook
from tests.channels.cases import NOW, House, Inbound, accept_twice, cases, fixture, tools
from tests.channels.memory_line import FixedClock
from tests.channels.peers import HttpPeer, peer
from tests.channels.sending import OUTBOX, Sending, expect, http_sending, outbound

SETTINGS = ApiSettings(
    secret=Secret("api-secret-1234567"), old_secret=Secret("an-older-secret-12"), url="", seconds=0.4
)
ANA = Address("external", "shop:customer-17")


def make(url: str = "", http: aiohttp.ClientSession | None = None, **more: Any) -> Api:
    settings = msgspec.structs.replace(SETTINGS, url=url)
    return Api(settings, tools("shop", http=http, **more))


def signed(body: bytes, action: str = "", secret: Secret = SETTINGS.secret) -> Webhook:
    headers = {"continuo-signature": stamp(secret, body, NOW)}
    return Webhook(method="POST", action=action or "messages", headers=headers, body=body, received_at=NOW)


def file(name: str, kind: str, content: bytes) -> Attachment:
    return Attachment(media_id=MediaId(hashlib.sha256(content).hexdigest()), name=name, type=kind, size=len(content))


HOUSE = House(make(), signed, is_timed=True)
INBOUND = [
    Inbound(
        "a text",
        "text.json",
        (MessageReceived(text="Hi, where is order 4711?", sender=ANA, name="Ana Lima"),),
    ),
    Inbound(
        "an answer to ours",
        "reply.json",
        (MessageReceived(text="It says delivered, but I have nothing.", sender=ANA, reply_to=OUTBOX),),
    ),
    Inbound(
        "Arabic, escapes, typed addresses",
        "arabic.json",
        (
            MessageReceived(
                text="لم يصل طلبي 😟",
                sender=Address("external", "shop:زبون-٥"),
                name="ليلى حداد",
                subject="طلبي",
            ),
        ),
    ),
    Inbound(
        "files, one lying about its type and place",
        "files.json",
        (
            MessageReceived(
                text="",
                sender=ANA,
                attachments=(
                    file(".._box.png", "image/png", b"\x89PNG\r\n\x1a\n"),
                    file("note.txt", "text/plain", b"hello"),
                ),
            ),
        ),
    ),
    Inbound(
        "a status",
        "delivered.json",
        (DeliveryUpdated(status="delivered", outbox_id=OUTBOX, external=OUTBOX),),
        action="statuses",
    ),
    Inbound(
        "a list of statuses",
        "statuses.json",
        (
            DeliveryUpdated(status="read", outbox_id=OUTBOX, external=OUTBOX),
            DeliveryUpdated(
                status="failed",
                outbox_id=OutboxId("01931b2e-7c00-7000-8000-00000000000c"),
                external="01931b2e-7c00-7000-8000-00000000000c",
                code="17",
                words="The customer has left.",
            ),
        ),
        action="statuses",
    ),
]
OUTBOUND = [Sending("the receiver is gone for good", outbound(ANA), (peer(410),), BadSettings())]

test_inbound = cases(HOUSE, INBOUND)
test_outbound = http_sending(make, OUTBOUND, outbound(ANA), TEXT_LIMIT)


def test_the_published_vector_is_what_we_make() -> None:
    """channels.md section 12: secret, time and body give this signature."""
    body = b'{"external_id":"m1","text":"hi"}'
    moment = NOW.fromtimestamp(1_700_000_000, NOW.tzinfo)
    expected = "t=1700000000,v1=55049bdb658579451f0335bb33d048617305651ad501354e8bb38a4e00765669"
    assert stamp(Secret("api-secret"), body, moment) == expected


def test_the_old_secret_is_taken_during_rotation_and_a_strange_one_is_not() -> None:
    """Two secrets are valid; a third, of another account, is forged."""
    assert SETTINGS.old_secret is not None
    HOUSE.channel.verify(signed(b"{}", secret=SETTINGS.old_secret))
    with pytest.raises(Rejected):
        HOUSE.channel.verify(signed(b"{}", secret=Secret("secret-of-another")))


@pytest.mark.parametrize(("seconds", "is_taken"), [(299, True), (-299, True), (301, False), (-301, False)])
def test_a_signature_is_good_for_300_seconds(seconds: int, *, is_taken: bool) -> None:
    """Clocks differ a little; a recorded request must not work tomorrow."""
    request = signed(b"{}")
    request = msgspec.structs.replace(request, received_at=NOW + timedelta(seconds=seconds))
    if is_taken:
        HOUSE.channel.verify(request)
        return
    with pytest.raises(Rejected):
        HOUSE.channel.verify(request)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "a", "text": "x"}, "external_id"),
        ({"external_id": "m", "text": "x"}, "from"),
        ({"external_id": "m", "from": "a", "text": 5}, "$.text"),
        ({"external_id": "m", "from": "a", "text": "x" * (TEXT_LIMIT + 1)}, "$.text"),
        ({"external_id": "m", "from": "a", "text": "  "}, "$.text"),
        ({"external_id": "m", "from": "a", "txet": "x"}, "txet"),
        ({"external_id": "m", "from": "a", "text": "x", "email": "nobody"}, "$.email"),
        ({"external_id": "m", "from": "a", "text": "x", "phone": "12"}, "$.phone"),
        ({"external_id": "m", "from": "a", "text": "x", "at": "2026-11-24T09:14:05"}, "$.at"),
        (
            {"external_id": "m", "from": "a", "attachments": [{"name": "a", "content_base64": "%%"}]},
            "$.attachments[0].content_base64",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_wrong_field_is_named(body: dict[str, Any], field: str) -> None:
    """422 tells the field; the payload is kept as unreadable all the same."""
    request = signed(json.dumps(body).encode())
    parsed = HOUSE.channel.parse(request)
    key = parsed.events[0].external_id
    answer = HOUSE.channel.answer(request, Ingested(accepted=(Accepted(event_id="e", position=1, external_id=key),)))
    assert answer.status == 422
    assert field in json.loads(answer.body)["detail"]


def test_the_answer_gives_ids_and_says_duplicate() -> None:
    """The caller can prove what was stored, and sees that it was there before."""
    request = signed(fixture("api", "text.json"))
    kept = Accepted(event_id="e7", position=7, external_id="m1", duplicate=True, customer_id=None)
    answer = HOUSE.channel.answer(request, Ingested(accepted=(kept,)))
    assert (answer.status, json.loads(answer.body)) == (
        200,
        {
            "external_id": "m1",
            "event_id": "e7",
            "position": 7,
            "duplicate": True,
            "customer_id": None,
            "interaction_id": None,
        },
    )


def test_an_external_id_that_looks_like_ours_is_answered_like_any_other() -> None:
    """``unreadable:`` is our own mark; a sender who uses it as id gets no 422."""
    request = signed(b'{"external_id":"unreadable:1","from":"a","text":"x"}')
    kept = Accepted(event_id="e", position=1, external_id="unreadable:1")
    assert HOUSE.channel.answer(request, Ingested(accepted=(kept,))).status == 200


@pytest.mark.parametrize(("method", "action", "status"), [("POST", "other", 404), ("GET", "messages", 405)])
def test_other_addresses_and_methods_keep_nothing(method: str, action: str, status: int) -> None:
    """Signed, but not of this channel: no event, and a clear answer."""
    request = msgspec.structs.replace(signed(b"{}"), method=method, action=action)
    assert HOUSE.channel.parse(request).events == ()
    assert HOUSE.channel.answer(request, Ingested()).status == status


async def test_the_same_message_twice_is_one_event() -> None:
    """The key is the external id."""
    assert await accept_twice("shop", HOUSE.parse(fixture("api", "text.json"))) == (1, 1)


def test_a_recorded_request_parses_like_its_body() -> None:
    """``continuo parse api`` takes the body alone, or an object around it."""
    alone = Api.parse_file(fixture("api", "text.json"), "text.json")
    wrapped = Api.parse_file(fixture("api", "recorded.json"), "recorded.json")
    assert wrapped == alone
    assert Api.parse_file(fixture("api", "statuses.json"), "s").events[0].data == INBOUND[5].gives[0]  # type: ignore[index]  # it is given above


class Files:
    """Stored files of ours."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    async def read_media(self, media_id: MediaId) -> bytes:
        if media_id not in self.contents:
            raise NotFound
        return self.contents[media_id]


async def test_what_goes_out_is_whole_and_signed() -> None:
    """Headers, body, files and signature of one webhook, as the receiver sees them."""
    picture = Attachment(media_id=MediaId("m"), name="a.png", type="image/png", size=3)
    message = outbound(ANA, "Olá", subject="Re: order", attachments=(picture,), from_name="Marta", reply_to="m1")
    async with HttpPeer((peer(200),)).open() as server, aiohttp.ClientSession() as http:
        sent = await make(server.url, http, media=Files(m=b"png")).send(message)
    seen = server.seen[0]
    check_stamp(seen.headers["continuo-signature"], (SETTINGS.secret,), seen.body, FixedClock().now())
    assert sent.external_id == seen.headers["continuo-delivery"] == OUTBOX
    assert json.loads(seen.body) == {
        "delivery": OUTBOX,
        "to": "customer-17",
        "text": "Olá",
        "subject": "Re: order",
        "from_name": "Marta",
        "in_reply_to": "m1",
        "interaction_id": message.interaction_id,
        "attachments": [
            {"name": "a.png", "type": "image/png", "size": 3, "content_base64": base64.b64encode(b"png").decode()}
        ],
    }


async def test_a_repeated_send_carries_the_same_delivery_id() -> None:
    """The receiver can tell a repetition: that is what makes repeating safe."""
    async with HttpPeer((peer(500), peer(200))).open() as server, aiohttp.ClientSession() as http:
        channel = make(server.url, http)
        with pytest.raises(Exception, match="500"):
            await channel.send(outbound(ANA))
        await channel.send(outbound(ANA, attempt=2))
    assert [seen.headers["continuo-delivery"] for seen in server.seen] == [OUTBOX, OUTBOX]


async def test_nobody_listens_there() -> None:
    """A refused connection is certain: nothing was sent."""
    async with HttpPeer(()).open() as server:
        url = server.url
    async with aiohttp.ClientSession() as http:
        await expect(make(url, http).send, outbound(ANA), Unreachable())
        assert not (await make(url, http).check()).ok


async def test_settings_that_can_not_work_are_told() -> None:
    """No url, a short secret, files that are too large or gone."""
    await expect(make().send, outbound(ANA), BadSettings())
    short = Api(ApiSettings(secret=Secret("short")), tools("shop"))
    assert not (await short.check()).ok
    huge = Attachment(media_id=MediaId("m"), name="a", type="a/b", size=FILE_BYTES + 1)
    await expect(make("http://127.0.0.1:1/").send, outbound(ANA, attachments=(huge,)), TooLong())


async def test_check_says_that_the_receiver_answers() -> None:
    """Any answer will do: it is there."""
    async with HttpPeer((peer(405),)).open() as server, aiohttp.ClientSession() as http:
        assert (await make(server.url, http).check()).ok


async def test_no_secret_in_any_error() -> None:
    """Not even when the receiver sends it back to us."""
    said = f"wrong {SETTINGS.secret.reveal()[:4]}"
    async with HttpPeer((peer(400, said),)).open() as server, aiohttp.ClientSession() as http:
        error = await expect(make(server.url, http).send, outbound(ANA), Refused())
    assert error is not None
    assert SETTINGS.secret.reveal() not in f"{error!r} {error.words}"
