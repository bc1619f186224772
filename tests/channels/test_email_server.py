"""Taking mail in over SMTP: stored before 250, bounded in everything, ended only by CR LF . CR LF."""

import asyncio
import base64
import hashlib
import socket

import aiosmtplib
import pytest

from channels.email.tokens import Tokens
from hub.events import MessageReceived, PayloadUnreadable
from hub.ids import InteractionId
from tests.channels.mails import Listening, channel, client, listening, mail


def texts(house: Listening) -> list[str]:
    return [event.data.text for event in house.line.events if isinstance(event.data, MessageReceived)]


async def test_a_mail_of_a_real_client_is_stored_before_250() -> None:
    """The answer names the position: the mail is committed, its raw bytes beside it."""
    async with listening() as house, aiosmtplib.SMTP(hostname="127.0.0.1", port=house.port, start_tls=False) as smtp:
        _, words = await smtp.sendmail("ana@mail.example", ["help@shop.example"], mail("Olá"))
    assert words == "2.0.0 Stored as 1"
    data = house.line.events[0].data
    assert isinstance(data, MessageReceived)
    assert data.text == "Olá"
    assert data.raw == hashlib.sha256(mail("Olá")).hexdigest()


async def test_the_same_mail_again_is_taken_and_is_one_event() -> None:
    """A mail server that lost our 250 sends again; the same place is named."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        assert await smtp.post(mail()) == await smtp.post(mail()) == "250 2.0.0 Stored as 1"
    assert len(house.line.events) == 1


async def test_nothing_stored_is_451_and_comes_again() -> None:
    """The store is away: the sender keeps the mail."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        house.line.is_down = True
        assert (await smtp.post(mail())).startswith("451 4.3.0")
        house.line.is_down = False
        assert (await smtp.post(mail())).startswith("250")


async def test_a_reply_token_in_the_recipient_leads_home() -> None:
    """Plus address in, interaction id out; any other tag is just a tag."""
    thread = InteractionId("01931b2e-7c00-7000-8000-00000000000b")
    ours = Tokens(channel().settings).reply_address(thread)
    assert ours is not None
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.post(mail("a"), to=ours)
        await smtp.post(mail("b"), to="help+anything@shop.example")
    assert [event.interaction_id for event in house.line.events] == [thread, None]


@pytest.mark.parametrize(
    "recipient", ["nobody@shop.example", "help@other.example", "bounce+forged@shop.example", "bounce@shop.example"]
)
async def test_an_unknown_recipient_is_refused(recipient: str) -> None:
    """We are no relay and no black hole."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.say("EHLO x")
        await smtp.say("MAIL FROM:<a@b.example>")
        assert (await smtp.say(f"RCPT TO:<{recipient}>")).startswith("550 5.1.1")
        assert (await smtp.say("DATA")).startswith("503")


async def test_a_null_return_path_is_seen() -> None:
    """MAIL FROM:<> is what bounces and machines use."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        assert (await smtp.post(mail(), sender="")).startswith("250")
    data = house.line.events[0].data
    assert isinstance(data, MessageReceived)
    assert data.automatic == "no-return-path"


async def test_dots_arrive_as_they_were_written() -> None:
    """Lines of dots, also the first and the last one (RFC 5321 section 4.5.2)."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.post(mail(".one\n..two\n.\nend\n."))
    assert texts(house) == [".one\n..two\n.\nend\n."]


async def test_an_empty_mail_is_a_card() -> None:
    """DATA, and a dot at once."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.begin()
        assert (await smtp.say(".")).startswith("250")
    assert isinstance(house.line.events[0].data, PayloadUnreadable)


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r"])
async def test_no_other_end_of_data_smuggles_a_second_mail(end: bytes) -> None:
    """What follows a false end is text of the same mail."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.begin()
        smuggled = mail("first") + end + b"MAIL FROM:<eve@evil.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n"
        assert (await smtp.say(smuggled + b"From: eve@evil.example\r\n\r\nhi\r\n.\r\n")).startswith("250")
    assert len(house.line.events) == 1


@pytest.mark.parametrize("size", [1, 3, 7])
async def test_the_end_is_found_wherever_packets_are_cut(size: int) -> None:
    """Every byte in its own packet, and the next command right behind the end."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.begin()
        content = mail("cut") + b"\r\n.\r\nNOOP\r\n"
        for start in range(0, len(content), size):
            smtp.writer.write(content[start : start + size])
            await smtp.writer.drain()
            await asyncio.sleep(0)
        assert (await smtp.hear()).startswith("250 2.0.0")
        assert (await smtp.hear()).startswith("250")
    assert len(house.line.events) == 1


async def test_a_mail_that_is_too_large_leaves_its_headers() -> None:
    """552 for the sender, a card with the subject for people; memory stays small."""
    async with listening(message_bytes=100_000) as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.begin()
        body = mail(Subject="My 3 MB of pictures") + b"x" * 3_000_000
        assert (await smtp.say(body + b"\r\n.\r\n")).startswith("552 5.3.4")
        data = house.line.events[0].data
        assert isinstance(data, PayloadUnreadable)
        assert data.size > 3_000_000
        assert (await smtp.post(mail("small"))).startswith("250")
    assert texts(house) == ["small"]


async def test_a_declared_size_is_refused_before_the_data() -> None:
    """SIZE of RFC 1870."""
    async with listening(message_bytes=100_000) as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.say("EHLO x")
        assert (await smtp.say("MAIL FROM:<a@b.example> SIZE=100001")).startswith("552")
    assert house.line.events == []


async def test_too_much_at_once_is_asked_to_come_again() -> None:
    """All mails in flight share a bound; it is free again afterwards."""
    limits = {"message_bytes": 900_000, "held_bytes": 1_000_000}
    async with listening(**limits) as house, client(house.port) as first, client(house.port) as second:
        await first.hear()
        await second.hear()
        await first.begin()
        first.writer.write(mail() + b"x" * 800_000)
        await first.writer.drain()
        await second.begin()
        assert (await second.say(mail() + b"y" * 800_000 + b"\r\n.\r\n")).startswith("452 4.3.1")
        assert (await first.say(b"\r\n.\r\n")).startswith("250")
        assert (await second.post(mail("again"))).startswith("250")
    assert len(house.line.events) == 2


async def test_recipients_are_bounded() -> None:
    """452: the rest goes in another mail (RFC 5321 section 4.5.3.1.10)."""
    async with listening(recipients=2) as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.say("EHLO x")
        await smtp.say("MAIL FROM:<a@b.example>")
        answers = [await smtp.say(f"RCPT TO:<help+{number}@shop.example>") for number in range(3)]
    assert [answer[:3] for answer in answers] == ["250", "250", "452"]
    assert house.line.events == []


async def test_connections_are_bounded() -> None:
    """The third one is told to come later; when one leaves, there is room."""
    async with listening(connections=2) as house, client(house.port) as first, client(house.port) as second:
        assert (await first.hear()).startswith("220")
        assert (await second.hear()).startswith("220")
        async with client(house.port) as third:
            assert (await third.hear()).startswith("421 4.7.0")
        await first.say("QUIT")
        await first.reader.read()
        async with client(house.port) as fourth:
            assert (await fourth.hear()).startswith("220")


@pytest.mark.parametrize("said", ["", "EHLO x", "DATA"])
async def test_a_slow_client_is_hung_up_on(said: str) -> None:
    """One command, or one mail, may take so long and no longer."""
    async with listening(command_seconds=1, connection_seconds=1.2) as house, client(house.port) as smtp:
        await smtp.hear()
        if said == "DATA":
            await smtp.begin()
        elif said:
            await smtp.say(said)
        async with asyncio.timeout(3):
            assert await smtp.hear() == ""
    assert house.line.events == []


async def test_a_client_that_keeps_talking_is_hung_up_on_too() -> None:
    """A connection has an end, however busy it is."""
    async with listening(command_seconds=60, connection_seconds=1) as house, client(house.port) as smtp:
        await smtp.hear()
        async with asyncio.timeout(5):
            while await smtp.say("NOOP"):
                pass
    assert house.line.events == []


async def test_a_connection_lost_in_the_data_keeps_nothing() -> None:
    """Not acknowledged, not stored."""
    async with listening() as house:
        async with client(house.port) as smtp:
            await smtp.hear()
            await smtp.begin()
            smtp.writer.write(mail())
            await smtp.writer.drain()
        async with client(house.port) as smtp:
            await smtp.hear()
            await smtp.post(mail("later"))
    assert texts(house) == ["later"]


@pytest.mark.parametrize(
    "line", ["\x00\x01\x02", "EHLO " + "x" * 5_000, "MAIL FROM:<" + "a" * 300 + "@x>", "RCPT", "\xff\xfe", "VRFY help"]
)
async def test_nonsense_gets_an_answer_and_the_connection_goes_on(line: str) -> None:
    """Whatever is said, the next mail is taken."""
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        assert (await smtp.say(line.encode("latin-1") + b"\r\n"))[:1] in "2345"
        await smtp.say("RSET")
        assert (await smtp.post(mail())).startswith("250")


def large_mail() -> bytes:
    picture = base64.encodebytes(bytes(range(256)) * 80_000).replace(b"\n", b"\r\n")
    head = mail(Content_Type='multipart/mixed; boundary="b"')
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n"
    file = b"--b\r\nContent-Type: image/x; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + text + file + picture + b"\r\n--b--\r\n.\r\n"


async def test_a_large_mail_does_not_hold_the_loop() -> None:
    """27 MB with an attachment: parsed on a thread; the guard of every test watches the loop."""
    raw = await asyncio.to_thread(large_mail)
    async with listening() as house, client(house.port) as smtp:
        await smtp.hear()
        await smtp.begin()
        for start in range(0, len(raw), 1_000_000):
            smtp.writer.write(raw[start : start + 1_000_000])
            await smtp.writer.drain()
        assert (await smtp.hear()).startswith("250")
    data = house.line.events[0].data
    assert isinstance(data, MessageReceived)
    assert [(file.name, file.size) for file in data.attachments] == [("a.bin", 20_480_000)]


async def test_a_mail_being_stored_is_answered_before_we_stop() -> None:
    """Stopping waits for the commit: the sender gets its 250."""
    async with listening() as house:
        held = asyncio.Event()
        accept = house.line.accept

        async def slow(parsed: object) -> object:
            held.set()
            await asyncio.sleep(0.05)
            return await accept(parsed)  # type: ignore[arg-type]  # passed on as it came

        house.line.accept = slow  # type: ignore[method-assign, assignment]  # a store that takes its time
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n" + mail())
        writer.write(b"\r\n.\r\n")
        await held.wait()
    assert b"250 2.0.0 Stored" in await reader.read()
    writer.close()


@pytest.mark.parametrize("steps", range(5))
async def test_who_comes_while_we_stop_is_sent_away(steps: int) -> None:
    """However far the door was open: it is closed again, and no session is left."""
    async with listening() as house:
        late = socket.create_connection(("127.0.0.1", house.port), timeout=5)
        for _ in range(steps):
            await asyncio.sleep(0)
    with late:
        try:
            said = await asyncio.to_thread(late.makefile("rb").read)
        except ConnectionResetError:
            said = b""
    assert not said or said.startswith((b"220 ", b"421 "))


async def test_a_port_that_is_taken_is_an_error_of_the_system() -> None:
    """The runtime tries again later; nothing else of the hub notices."""
    async with listening() as house:
        second = channel(listen_port=house.port)
        with pytest.raises(OSError, match="address already in use"):
            await second.listen(house.line)


async def test_without_a_port_nothing_listens() -> None:
    """An account that only sends."""
    house = channel()
    async with listening() as other:
        await house.listen(other.line)
    assert not house.listening.is_set()
