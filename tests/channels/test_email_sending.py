"""Our mails: headers that every mail program threads by, and a mail server that may do anything."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from channels.email import Email
from channels.email.tokens import Recipient, Tokens
from channels.email.writing import write
from hub.addresses import Address
from hub.errors import BadAddress, BadSettings, NotFound, Refused, TooLong, Unreachable
from hub.events import Attachment, MessageReceived
from hub.ids import MediaId
from tests.channels.cases import NOW
from tests.channels.mails import SECRET, USUAL, channel, listening
from tests.channels.peers import SmtpPeer
from tests.channels.sending import INTERACTION, OUTBOX, expect, outbound, smtp_sending

ANA = Address("email", "ana@mail.example")
THREAD = {
    "from": "ana@mail.example",
    "message_id": "<m-2@mail.example>",
    "references": ["<m-1@mail.example>", f"<{OUTBOX}@shop.example>"],
    "subject": "Invoice 2231",
}
HISTORY = (MessageReceived(text="Where is it?\n> old", sender=ANA, name="Ana Lima"),)
EMAIL = channel()

test_outbound = smtp_sending(lambda port: channel(relay_port=port), outbound(ANA))


def written(**more: Any) -> EmailMessage:
    text = more.pop("text", "We look into it.\n\nMarta")
    letter = write(outbound(ANA, text, **more), EMAIL.settings, Tokens(EMAIL.settings), (), NOW)
    found = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_whole_head_of_an_answer() -> None:
    """RFC 5322 threading: constant Message-ID, In-Reply-To, full References, Reply-To with our token."""
    mail = written(thread=THREAD, from_name="Marta from Shop")
    reply_to = str(mail["reply-to"])
    assert dict(mail.items()) == {
        "Message-ID": f"<{OUTBOX}@shop.example>",
        "In-Reply-To": "<m-2@mail.example>",
        "References": f"<m-1@mail.example> <{OUTBOX}@shop.example> <m-2@mail.example>",
        "From": "Marta from Shop <help@shop.example>",
        "To": "ana@mail.example",
        "Subject": "Re: Invoice 2231",
        "Date": "Tue, 24 Nov 2026 14:54:00 +0000",
        "Reply-To": reply_to,
        "MIME-Version": "1.0",
        "Content-Type": mail["content-type"],
    }
    assert Tokens(EMAIL.settings).read(reply_to) == Recipient(True, interaction_id=INTERACTION)


def test_the_answer_quotes_what_it_answers() -> None:
    """In text and in HTML; a person's signs are no markup."""
    mail = written(thread=THREAD, history=HISTORY, text="1 < 2 & so on")
    plain, markup = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert markup is not None
    assert plain.get_content().replace("\r\n", "\n") == "1 < 2 & so on\n\nAna Lima wrote:\n> Where is it?\n>> old\n"
    assert "1 &lt; 2 &amp; so on" in markup.get_content()
    assert '<blockquote type="cite"' in markup.get_content()


def test_quoting_can_be_off() -> None:
    """A setting."""
    letter = write(
        outbound(ANA, "Only this.", history=HISTORY), channel(quote=False).settings, Tokens(EMAIL.settings), (), NOW
    )
    assert b"Where is it" not in letter.content


@pytest.mark.parametrize(
    ("own", "before", "subject"),
    [
        (None, "Invoice", "Re: Invoice"),
        (None, "AW: Rechnung", "AW: Rechnung"),
        (None, "Re: Re: x", "Re: Re: x"),
        ("Another one", "Invoice", "Another one"),
        (None, "", "A message for you"),
        ("two\r\nBcc: eve@evil.example", "", "two Bcc: eve@evil.example"),
        (None, "Olá 😀 ção " * 30, "Re: " + "Olá 😀 ção " * 30),
    ],
)
def test_subjects(own: str | None, before: str, subject: str) -> None:
    """One prefix, no second header, any script."""
    mail = written(subject=own, thread={"subject": before} if before else {})
    assert mail["subject"] == subject.strip()[:400]
    assert mail["bcc"] is None


def test_a_long_thread_keeps_its_first_and_latest_ids() -> None:
    """A header that grows for ever is refused by somebody; long ids are never encoded."""
    ids = [f"<{'x' * 150}{number}@mail.example>" for number in range(200)]
    mail = written(thread=THREAD | {"references": ids})
    found = str(mail["references"]).split()
    assert len(found) == 40
    assert (found[0], found[-2:]) == (ids[0], [ids[-1], "<m-2@mail.example>"])


def test_ids_that_are_none_are_left_out() -> None:
    """What a stranger put into the thread never becomes a header of its own."""
    mail = written(thread={"message_id": "<a@b>\r\nBcc: <eve@evil.example>", "references": ["nonsense", 5]})
    assert mail["bcc"] is None
    assert mail["in-reply-to"] == "<a@b>"


def test_reply_to_is_followed_within_the_domain_only() -> None:
    """A spoofed mail with a Reply-To elsewhere must not lead our answer there."""
    inside = written(thread=THREAD | {"reply_to": "ana.lima@mail.example"})
    outside = written(thread=THREAD | {"reply_to": "eve@evil.example"})
    assert (inside["to"], outside["to"]) == ("ana.lima@mail.example", "ana@mail.example")


@pytest.mark.parametrize("to", ["no address", "a@b@c", "ána@mail.example", "a b@mail.example", "<x@y>\r\nBcc:z@y"])
def test_recipients_that_can_not_stand_in_a_mail(to: str) -> None:
    """Certain: nothing was sent."""
    with pytest.raises(BadAddress):
        write(outbound(Address("email", to)), EMAIL.settings, Tokens(EMAIL.settings), (), NOW)


class Files:
    async def read_media(self, media_id: MediaId) -> bytes:
        if media_id == "gone":
            raise NotFound
        return b"%PDF-1.4" if media_id == "pdf" else b"x" * 26_000_000


def attached(name: str, media: str) -> Attachment:
    return Attachment(media_id=MediaId(media), name=name, type="application/pdf", size=8)


async def test_files_and_copies_go_with_it() -> None:
    """Envelope and headers name the same people; the file has its name in any script."""
    message = outbound(ANA, attachments=(attached("Größe.pdf", "pdf"),), cc=("Bob <bob@mail.example>",))
    async with SmtpPeer().open() as server:
        sent = await channel(Files(), relay_port=server.port).send(message)
    letter = server.letters[0]
    mail = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    file = next(mail.iter_attachments())
    assert letter.recipients == ("ana@mail.example", "bob@mail.example")
    assert Tokens(EMAIL.settings).read(letter.sender) == Recipient(True, outbox_id=OUTBOX)
    assert (file.get_filename(), file.get_content()) == ("Größe.pdf", b"%PDF-1.4")
    assert sent.external_id == mail["message-id"] == f"<{OUTBOX}@shop.example>"


async def test_one_refused_copy_stops_all() -> None:
    """All or nobody: the agent learns which address is wrong, and can send again."""
    async with SmtpPeer({"RCPT": "550 5.1.1 no such user"}).open() as server:
        await expect(channel(relay_port=server.port).send, outbound(ANA, cc=("x@mail.example",)), BadAddress())
    assert server.letters == []


@pytest.mark.parametrize(("media", "error"), [("gone", Refused()), ("huge", TooLong())])
async def test_files_that_can_not_go(media: str, error: Any) -> None:
    """Gone from the disk, or too large."""
    message = outbound(ANA, attachments=(attached("a.pdf", media),))
    await expect(channel(Files(), relay_port=1).send, message, error)


async def test_settings_that_can_not_send() -> None:
    """No relay; nobody listens there; a text that is too long; TLS that is not offered."""
    await expect(channel(relay_host="").send, outbound(ANA), BadSettings())
    async with SmtpPeer().open() as server:
        port = server.port
        await expect(channel(relay_port=port, relay_tls="starttls").send, outbound(ANA), BadSettings())
        await expect(channel(relay_port=port).send, outbound(ANA, "x" * 200_001), TooLong())
    await expect(channel(relay_port=port).send, outbound(ANA), Unreachable())


async def test_no_secret_in_errors_or_wire_names() -> None:
    """The password is in no error; our signing secret leaves in no mail."""
    async with SmtpPeer({"AUTH": "535 5.7.8 wrong"}).open() as server:
        error = await expect(channel(relay_port=server.port).send, outbound(ANA), BadSettings())
    async with SmtpPeer().open() as server:
        await channel(relay_port=server.port).send(outbound(ANA))
    assert USUAL["relay_password"].reveal() not in f"{error!r} {error}"
    assert SECRET.reveal().encode() not in server.letters[0].content


async def test_check_tries_the_settings() -> None:
    """Before they are used."""
    async with SmtpPeer().open() as server:
        assert (await channel(relay_port=server.port).check()).ok
    assert not (await channel(relay_port=server.port).check()).ok
    assert (await channel(relay_host="").check()).ok
    async with SmtpPeer({"AUTH": "535 no"}).open() as server:
        assert not (await channel(relay_port=server.port).check()).ok
    short = msgspec.structs.replace(EMAIL.settings, secret=type(SECRET)("short"))
    assert not (await Email(short, EMAIL.tools).check()).ok


@pytest.mark.parametrize("greeting", [b"", b"220 slow.example\r\n"])
async def test_a_send_that_is_stopped_hangs_up(greeting: bytes) -> None:
    """Cancelled while the other side says nothing, or nothing after its greeting: no connection stays open."""
    met, hung_up = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        if greeting:
            await reader.readline()
        met.set()
        await reader.read()
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sending = asyncio.create_task(channel(relay_port=port).send(outbound(ANA)))
        await met.wait()
        sending.cancel()
        await asyncio.wait([sending])
        async with asyncio.timeout(5):
            await hung_up.wait()


async def test_our_own_answer_comes_back_into_its_thread() -> None:
    """What we write, a customer's mail program answers: token, In-Reply-To and References lead home."""
    async with SmtpPeer().open() as server:
        await channel(relay_port=server.port).send(outbound(ANA, thread=THREAD, history=HISTORY))
    ours = email.message_from_bytes(server.letters[0].content, policy=email.policy.default)
    reply = EmailMessage()
    reply["From"], reply["To"] = "ana@mail.example", str(ours["reply-to"])
    reply["Message-ID"], reply["In-Reply-To"] = "<m-3@mail.example>", str(ours["message-id"])
    reply["References"] = f"{ours['references']} {ours['message-id']}"
    reply.set_content("Thanks")
    async with listening() as house:
        import aiosmtplib

        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=house.port, start_tls=False) as smtp:
            await smtp.send_message(reply)
    event = house.line.events[0]
    assert event.interaction_id == INTERACTION
    assert event.refs == (f"<{OUTBOX}@shop.example>", "<m-2@mail.example>", "<m-1@mail.example>")
