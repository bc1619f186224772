"""E-mail read from bytes: charsets, threads, bounces, machines, and everything that is not as it should be."""

import base64

import pytest

from channels.email import letters
from channels.email.letters import Envelope
from channels.email.tokens import Recipient, Tokens
from hub.events import DeliveryUpdated, MessageReceived, PayloadUnreadable
from hub.ids import InteractionId, OutboxId
from hub.ports import Incoming
from tests.channels.cases import House, Inbound, accept_twice, cases, fixture
from tests.channels.mails import channel, mail

EMAIL = channel()
HOUSE = House(EMAIL, is_json=False)
THREAD = InteractionId("01931b2e-7c00-7000-8000-00000000000b")
OURS = OutboxId("01931b2e-7c00-7000-8000-000000000003")
INBOUND = [
    Inbound(label, f"{name}.eml")
    for name, label in {
        "plain": "UTF-8 with a signature",
        "latin1-qp": "Latin-1 that holds a euro sign, quoted-printable",
        "koi8-base64": "KOI8-R in base64, name and subject too",
        "iso2022jp": "ISO-2022-JP",
        "gb2312-is-gb18030": "says GB2312, is GB18030",
        "lying-charset": "says ASCII, is UTF-8, raw in the subject",
        "no-charset-cp1252": "says nothing, is Windows-1252",
        "arabic-1256": "Arabic in Windows-1256",
        "html-inline": "HTML with script, form, inline and remote images",
        "html-only": "HTML alone, with a table",
        "reply-gmail": "an answer below which Gmail quotes, its header on two lines",
        "reply-outlook-de": "an answer above an Outlook block in German",
        "inline-reply": "answers between the quoted lines",
        "forward": "a forwarded mail is not folded",
        "calendar": "an invitation",
        "bounce-failed": "a bounce (RFC 3464)",
        "bounce-delayed": "a delay (RFC 3464)",
        "bounce-plain": "a bounce of an old server, without report",
        "auto-reply": "an out-of-office note",
        "list": "a newsletter",
        "loop": "our own mail comes back",
        "nested": "a mail in the mail",
        "rfc2231-names": "file names in pieces, encoded, and hostile",
        "winmail": "winmail.dat stays as it is",
        "broken-mime": "an end that never comes, a charset that does not exist, base64 that is none",
        "flowed": "format=flowed",
        "no-sender": "nobody wrote it",
        "dmarc-pass": "with Authentication-Results",
        "dmarc-forged": "with forged Authentication-Results",
        "reply-to": "Reply-To and Cc",
    }.items()
]


test_inbound = cases(HOUSE, INBOUND)


def one(raw: bytes, envelope: Envelope | None = None) -> Incoming:
    parsed = EMAIL.parse_mail(raw, envelope or Envelope())
    assert len(parsed.events) == 1
    return parsed.events[0]


def said(raw: bytes, envelope: Envelope | None = None) -> MessageReceived:
    data = one(raw, envelope).data
    assert isinstance(data, MessageReceived), data
    return data


def news(raw: bytes, envelope: Envelope | None = None) -> DeliveryUpdated:
    data = one(raw, envelope).data
    assert isinstance(data, DeliveryUpdated), data
    return data


def reason(raw: bytes) -> str:
    data = one(raw).data
    assert isinstance(data, PayloadUnreadable), data
    return data.reason


async def test_the_same_mail_twice_is_one_event() -> None:
    """The key is Message-ID and hash."""
    assert await accept_twice("mail", EMAIL.parse_mail(mail(), Envelope())) == (1, 1)


def test_same_id_with_other_bytes_is_another_event() -> None:
    """Nothing is dropped: a reused Message-ID is no reason to lose a mail."""
    first, second = one(mail("a")), one(mail("b"))
    assert first.external_id != second.external_id
    assert first.external_id.partition(":")[0] == second.external_id.partition(":")[0] == "<m-1@mail.example>"


def test_without_message_id_the_bytes_are_the_key() -> None:
    """RFC 5322 does not demand one."""
    assert one(mail(Message_ID="")).external_id.startswith("sha256:")


def test_refs_are_in_reply_to_and_then_references_from_right_to_left() -> None:
    """Best first; each once."""
    raw = mail(In_Reply_To="<c@x>", References="<a@x> <b@x>\r\n <c@x>")
    assert one(raw).refs == ("<c@x>", "<b@x>", "<a@x>")


def test_a_reply_token_names_the_interaction_and_a_forged_one_does_not() -> None:
    """The token in the recipient's address is ours or nothing."""
    tokens = Tokens(EMAIL.settings)
    ours = tokens.reply_address(THREAD)
    assert ours is not None
    found = tokens.read(ours.upper())
    assert found == Recipient(True, interaction_id=THREAD)
    assert one(mail(), Envelope("ana@mail.example", (found,))).interaction_id == THREAD
    local, _, domain = ours.partition("@")
    forged = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    assert tokens.read(forged) == Recipient(True)
    assert tokens.read(f"help+{'a' * 42}@shop.example") == Recipient(True)
    assert tokens.read("help@other.example") == Recipient()
    assert len(local) <= 64, "RFC 5321 section 4.5.3.1.1"


def test_a_token_of_one_purpose_is_no_token_of_the_other() -> None:
    """A bounce address must not open a conversation."""
    tokens = Tokens(EMAIL.settings)
    bounce = tokens.bounce_address(OURS)
    assert bounce is not None
    assert tokens.read(bounce) == Recipient(True, outbox_id=OURS)
    assert tokens.read(bounce.replace("bounce+", "help+")) == Recipient(True)
    assert tokens.read("bounce+nonsense@shop.example") == Recipient()


# who wrote it


def test_a_sender_is_unverified_unless_our_own_server_says_dmarc_pass() -> None:
    """Only the topmost header, only of the configured server."""
    good, forged = one(fixture("email", "dmarc-pass.eml")), one(fixture("email", "dmarc-forged.eml"))
    assert (good.verified, said(fixture("email", "dmarc-pass.eml")).unverified) == ("dmarc", False)
    assert (forged.verified, said(fixture("email", "dmarc-forged.eml")).unverified) == (None, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authentication_Results": "mx.shop.example; dmarc=fail header.from=mail.example"},
        {"Authentication_Results": "mx.shop.example; dmarc=pass header.from=other.example"},
        {"Authentication_Results": "mx.shop.example; spf=pass (dmarc=pass)"},
        {"Authentication_Results": "mx.shop.example.evil.example; dmarc=pass"},
        {"Authentication_Results": "mx.shop.example; dmarc=pass", "From": "ana@mail.example, eve@evil.example"},
        {"Authentication_Results": "mx.shop.example; dmarc=passed"},
    ],
    ids=["fail", "another domain", "in a comment", "another server", "two senders", "a longer word"],
)
def test_what_looks_like_a_pass_is_none(headers: dict[str, str]) -> None:
    """Each of these was written by somebody who would like to be believed."""
    assert one(mail(**headers)).verified is None


@pytest.mark.parametrize(
    ("results", "kept"),
    [("mx.shop.example; dmarc=pass header.from=mail.example", "ana.lima@mail.example"), ("", None)],
    ids=["proven", "anybody"],
)
def test_only_a_proven_sender_names_another_address_for_answers(results: str, kept: str | None) -> None:
    """Forged: at a large provider the forger has an address in the very domain that he forges."""
    parsed = said(mail(Authentication_Results=results, Reply_To="ana.lima@mail.example"))
    assert (parsed.thread or {}).get("reply_to") == kept


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto-replied"),
        ({"Auto_Submitted": "auto-generated; owner-email=x"}, "auto-generated"),
        ({"Auto_Submitted": "no"}, None),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Precedence": "junk"}, "junk"),
        ({"List_Id": "<news.example>"}, "list"),
        ({"From": "Help <info@shop.example>"}, "loop"),
        ({"From": "mailer-daemon@mail.example"}, "no-return-path"),
        ({"Return_Path": "<>"}, "no-return-path"),
        ({"X_Auto_Response_Suppress": "All", "Subject": "Automatic reply: Invoice"}, "auto-replied"),
        ({"X_Auto_Response_Suppress": "All"}, None),
        ({}, None),
    ],
)
def test_machines_are_recognised(headers: dict[str, str], word: str | None) -> None:
    """RFC 3834 and its older relatives. A person who only asks for no automatic answer stays a person."""
    assert said(mail(**headers)).automatic == word


def test_a_wish_for_no_automatic_answer_is_kept() -> None:
    """The automation that will exist needs to know."""
    thread = said(mail(X_Auto_Response_Suppress="OOF, AutoReply")).thread
    assert thread is not None
    assert thread["no_automatic_answer"] is True


@pytest.mark.parametrize(
    ("sender", "value", "name"),
    [
        ("ana@mail.example", "ana@mail.example", None),
        ('"Lima, Ana" <ANA@Mail.Example>', "ana@mail.example", "Lima, Ana"),
        ("=?utf-8?B?w4Fu?= =?utf-8?B?YQ==?= <ana@mail.example>", "ana@mail.example", "Ána"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example", None),
        ("Ana <ana@mail.example> (comment (nested))", "ana@mail.example", "Ana"),
        ("((((((((( ana@mail.example", "ana@mail.example", None),
        ("Ana Lima ana@mail.example", "ana@mail.example", None),
        ("<ana@mail.example", "ana@mail.example", None),
    ],
)
def test_senders_of_many_forms(sender: str, value: str, name: str | None) -> None:
    """What mail programs write, right and wrong."""
    data = said(mail(From=sender))
    assert (data.sender.value, data.name) == (value, name)


# bounces


def test_a_bounce_to_our_token_names_the_message() -> None:
    """The envelope token is the surest sign: it needs no returned mail."""
    bounce = Tokens(EMAIL.settings).bounce_address(OURS)
    assert bounce is not None
    envelope = Envelope("", (Tokens(EMAIL.settings).read(bounce),))
    found = news(fixture("email", "bounce-failed.eml"), envelope)
    assert (found.status, found.outbox_id, found.external) == ("failed", OURS, f"<{OURS}@shop.example>")


def test_a_plain_bounce_is_found_by_our_message_id_in_its_text() -> None:
    """No report, only words and a copy."""
    raw = mail(
        f"Delivery has failed to:\nbob@x.example\n550 5.7.1 blocked\n\nMessage-ID: <{OURS}@shop.example>",
        From="postmaster@x.example",
        Return_Path="<>",
        Subject="Undeliverable: Invoice",
    )
    found = news(raw)
    assert (found.status, found.external, found.code, found.recipient) == (
        "failed",
        f"<{OURS}@shop.example>",
        "5.7.1",
        "bob@x.example",
    )


def test_a_null_return_path_alone_is_no_bounce() -> None:
    """Receipts and notes come that way too."""
    assert said(mail("Your parcel has arrived.", Return_Path="<>")).automatic == "no-return-path"


def test_a_person_who_writes_about_a_failed_delivery_is_no_bounce() -> None:
    """A customer's sentence must never mark our message as failed."""
    assert said(mail("My order could not be delivered.", Subject="Delivery failure")).automatic is None


def test_one_report_about_two_recipients_is_two_updates() -> None:
    """Each with its own key."""
    raw = fixture("email", "bounce-failed.eml").replace(
        b"User unknown\r\n\r\n--dsn",
        b"User unknown\r\n\r\nFinal-Recipient: rfc822; b@x\r\nAction: delivered\r\n\r\n--dsn",
        1,
    )
    events = EMAIL.parse_mail(raw, Envelope()).events
    assert [event.data.status for event in events if isinstance(event.data, DeliveryUpdated)] == ["failed", "delivered"]
    assert len({event.external_id for event in events}) == 2


# limits


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (mail(X_Long="x" * 270_000), "headers are larger"),
        (mail(**{f"X_{number}": "y" * 900 for number in range(300)}), "headers are larger"),
        (b"\r\n\r\nonly a body\r\n", "no headers"),
        (mail(From="nobody at all"), "no sender"),
        (mail(From=""), "no sender"),
    ],
    ids=["one long header", "many headers", "no header", "no address", "no From"],
)
def test_what_exceeds_or_lacks_is_a_card_with_words(raw: bytes, words: str) -> None:
    """Never an exception, never silence."""
    assert words in reason(raw)


def nested(depth: int) -> bytes:
    top = "\r\n".join(f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}' for level in range(depth))
    return mail().partition(b"\r\n\r\n")[0] + b"\r\n" + top.encode() + b"\r\n\r\nhello\r\n"


def test_depth_and_number_of_parts_are_bounded() -> None:
    """50 deep, 1,000 parts: more is a card."""
    assert "deeper than 50" in reason(nested(60))
    assert "deeper than 50" in reason(nested(5_000))
    assert said(nested(40)).text == "hello"
    parts = "".join("--b\nContent-Type: text/plain\n\nx\n" for _ in range(1_001))
    assert "more than 1000 parts" in reason(mail(parts, Content_Type='multipart/mixed; boundary="b"'))


def test_a_text_too_long_for_the_screen_is_cut_and_kept_as_a_file() -> None:
    """The whole text stays one click away."""
    data = said(mail("line\n" * 60_000))
    assert len(data.text) <= 250_000
    assert [(file.name, file.size > 299_000) for file in data.attachments] == [("message.txt", True)]


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 30_000, "<p>" + "&amp;" * 60_000, "<b>x</b>" * 150_000],
    ids=["too deep", "too many entities", "too long"],
)
def test_html_that_would_be_slow_is_kept_as_a_file(markup: str) -> None:
    """Its text is shown, the markup is not parsed."""
    data = said(mail(f"hello {markup}", Content_Type="text/html"))
    assert data.html is None
    assert "hello" in data.text
    assert data.attachments[0].name == "message.html"


def test_charsets_that_are_none() -> None:
    """Codecs that are not charsets, and names that do not exist, fall back to UTF-8."""
    for charset in ("rot13", "punycode", "unicode_escape", "zip", "idna", "x" * 5_000, "\udcff"):
        data = said(mail("Olá", Content_Type=f"text/plain; charset={charset}"))
        assert data.text == "Olá"


def test_utf_16_without_and_with_mark() -> None:
    """Bytes that look like ASCII with holes."""
    content = base64.b64encode("Olá".encode("utf-16")).decode()
    raw = mail(content, Content_Type="text/plain; charset=utf-16", Content_Transfer_Encoding="base64")
    assert said(raw).text == "Olá"


def test_nul_and_controls_do_not_reach_the_text() -> None:
    """PostgreSQL refuses NUL; a terminal obeys escapes."""
    assert said(mail("a\0b\x1b[31mc", Subject="x\0y")).text == "ab[31mc"


def test_parse_never_raises_whatever_the_library_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault inside the standard library becomes a card."""

    def fails(*_: object) -> None:
        raise AttributeError("as some versions do")

    monkeypatch.setattr(letters, "getaddresses", fails)
    assert said(mail()).sender.value == "ana@mail.example"
    monkeypatch.setattr(letters, "_sender", fails)
    assert "can't be read" in reason(mail())
