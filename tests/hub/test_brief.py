"""The continue brief: always the same lines, each clause proven by events, and right without any AI."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given as drawn
from hypothesis import strategies as st

from hub import events as ev
from hub.addresses import Address
from hub.brief import LONGEST, brief
from hub.ids import CUSTOMER, SYSTEM, ChannelId, CustomerId, EventId, InteractionId, MediaId, OutboxId
from hub.interactions import Interaction, State
from hub.people import BriefLine, Delivery
from tests.given import NOON

ADA = Address("email", "ada@example.org")
CHAT, MAIL = InteractionId("chat"), InteractionId("mail")


class Talk:
    """What was said, minute by minute."""

    def __init__(self, **states: State) -> None:
        self.events: list[ev.Event] = []
        self.deliveries: list[Delivery] = []
        self.interactions = [self.work(InteractionId(key), state) for key, state in states.items()]

    def work(self, key: InteractionId, state: State, subject: str = "") -> Interaction:
        return Interaction(
            interaction_id=key,
            customer_id=CustomerId("ada"),
            channel_id=ChannelId(key),
            address=ADA,
            state=state,
            subject=subject,
            created_at=NOON,
            last_at=NOON,
        )

    def put(self, data: ev.Data, where: InteractionId | None) -> str:
        number = len(self.events) + 1
        at = NOON + timedelta(minutes=number)
        event_id = EventId(f"e{number}")
        self.events.append(
            ev.Event(
                event_id=event_id,
                position=number,
                type=ev.TYPES[type(data)],
                customer_id=CustomerId("ada"),
                interaction_id=where,
                actor=CUSTOMER if isinstance(data, ev.MessageReceived) else SYSTEM,
                occurred_at=at,
                recorded_at=at,
                shown_at=at,
                data=ev.encode(data),
            )
        )
        return event_id

    def asks(self, text: str, where: InteractionId = CHAT, *, automatic: str | None = None) -> str:
        return self.put(ev.MessageReceived(text=text, sender=ADA, automatic=automatic), where)

    def answers(
        self, text: str, where: InteractionId = CHAT, *, status: ev.Status = "sent", again: str | None = None
    ) -> str:
        resend = EventId(again) if again else None
        data = ev.MessageQueued(outbox_id=OutboxId(text), to=ADA, text=text, resend_of=resend)
        event_id = self.put(data, where)
        self.deliveries.append(Delivery(event_id=event_id, status=status))
        return event_id

    @property
    def lines(self) -> dict[str, BriefLine]:
        return {one.kind: one for one in brief(self.events, self.interactions, self.deliveries)}

    def line(self, kind: str) -> tuple[str, Sequence[str]]:
        found = self.lines[kind]
        return found.text, found.events


def test_nothing_is_a_value() -> None:
    """Empty: all four lines stand, in their order."""
    assert list(Talk().lines) == ["wants", "promised", "open", "last"]
    assert {one.text for one in Talk().lines.values()} == {""}


def test_an_answer_by_mail_answers_no_chat() -> None:
    """Two channels at once: what waits in one is open although the other was answered later."""
    talk = Talk(chat="live", mail="live")
    asked = talk.asks("Where is it?", CHAT)
    talk.asks("My invoice", MAIL)
    talk.answers("Attached", MAIL)
    assert talk.line("open") == ("1 message without an answer", (asked,))
    assert talk.line("wants") == ("Where is it?", (asked,))
    assert talk.lines["open"].at == talk.events[0].shown_at


def test_what_was_resolved_is_not_open() -> None:
    """A last "thanks" in a closed conversation asks for nothing."""
    talk = Talk(chat="closed")
    talk.asks("Thanks!")
    assert (talk.line("open"), talk.line("wants")) == (("", ()), ("", ()))


def test_what_no_person_wrote_asks_for_nothing() -> None:
    talk = Talk(chat="live")
    talk.asks("I am away until Monday", automatic="auto-replied")
    assert talk.line("open") == ("", ())


def test_the_subject_is_what_is_wanted_when_an_event_proves_it() -> None:
    """A subject whose message is not on the page is no clause: none stands without a source."""
    talk = Talk()
    talk.interactions = [talk.work(MAIL, "live", "Refund of 42 EUR"), talk.work(CHAT, "live")]
    assert talk.line("wants") == ("", ())
    asked = talk.asks("Hello, I", MAIL)
    assert talk.line("wants") == ("Refund of 42 EUR", (asked,))


def test_what_was_answered_is_still_wanted() -> None:
    """All answered, still open: what the customer said last about it."""
    talk = Talk(chat="live")
    talk.asks("Hello")
    asked = talk.asks("My parcel is lost")
    talk.answers("Checking")
    assert talk.line("wants") == ("My parcel is lost", (asked,))


def test_what_did_not_arrive_is_open_until_it_is_sent_again() -> None:
    talk = Talk(chat="live")
    lost = talk.answers("First", status="failed")
    doubtful = talk.answers("Second", status="uncertain")
    assert talk.line("open") == ("2 messages of ours did not arrive", (lost, doubtful))
    talk.answers("First", again=lost)
    assert talk.line("open") == ("1 message of ours did not arrive", (doubtful,))


def test_what_sleeps_is_open() -> None:
    talk = Talk(chat="snoozed")
    asked = talk.asks("Any news?")
    slept = talk.put(ev.InteractionSnoozed(), CHAT)
    assert talk.line("open") == ("1 message without an answer · 1 snoozed", (asked, slept))


def test_the_last_word_of_ours() -> None:
    talk = Talk(chat="closed", mail="closed")
    talk.answers("Older", MAIL)
    last = talk.answers("\n  The refund is on its way.\nBest", CHAT)
    talk.asks("Thanks")
    assert talk.line("last") == ("The refund is on its way.", (last,))


def test_a_photo_without_words_is_named() -> None:
    talk = Talk(chat="live")
    photo = ev.Attachment(media_id=MediaId("0" * 64), name="broken.jpg", type="image/jpeg", size=9)
    asked = talk.put(ev.MessageReceived(text="", sender=ADA, attachments=(photo,)), CHAT)
    assert talk.line("wants") == ("broken.jpg", (asked,))


texts = st.text(max_size=300)


@drawn(st.lists(st.tuples(st.booleans(), st.sampled_from([CHAT, MAIL]), texts), max_size=12), st.booleans())
def test_no_clause_without_a_source(said: list[tuple[bool, InteractionId, str]], is_open: bool) -> None:
    """Any talk in any script: a clause is one short line, and its events are on the page."""
    talk = Talk(chat="live" if is_open else "closed", mail="snoozed")
    for is_theirs, where, text in said:
        if is_theirs:
            talk.asks(text, where)
        else:
            talk.answers(text, where)
    known = {event.event_id for event in talk.events}
    for one in talk.lines.values():
        assert bool(one.text) == bool(one.events)
        assert known.issuperset(one.events)
        assert len(one.text) <= LONGEST
        assert len(one.text.splitlines()) <= 1
