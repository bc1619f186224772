"""The continue brief: what is wanted, promised and open, each clause with the events that prove it. Pure; no AI."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from hub import events as ev
from hub.events import Event
from hub.ids import InteractionId
from hub.interactions import Interaction
from hub.own_words import own_words
from hub.people import BriefLine, Delivery

LONGEST = 120
MOST_PROOFS = 8
Kind = Literal["wants", "promised", "open", "last"]
Received = Sequence[tuple[Event, ev.MessageReceived]]
Said = Sequence[tuple[Event, "ev.MessageReceived | ev.MessageQueued"]]


def brief(
    events: Sequence[Event], interactions: Sequence[Interaction], deliveries: Sequence[Delivery]
) -> list[BriefLine]:
    """``events`` ascending, the newest page of the person; always the lines wants, promised, open, then last."""
    said = [(event, data) for event in events if isinstance(data := read(event), ev.MessageReceived | ev.MessageQueued)]
    still = [one for one in interactions if one.is_open]
    unanswered = without_answer(said, {one.interaction_id for one in still})
    return [
        _wants(said, unanswered, still),
        _promised(),
        _open(events, said, unanswered, still, deliveries),
        _last(said),
    ]


def read(event: Event) -> ev.Data | None:
    return event.read() if event.type in ("message.received", "message.queued") else None


def without_answer(said: Said, still: Collection[InteractionId]) -> Received:
    """What the customer said in open work since our last message there. An answer by mail answers no chat."""
    found: dict[InteractionId, list[tuple[Event, ev.MessageReceived]]] = {}
    for event, data in said:
        if event.interaction_id is None or event.interaction_id not in still:
            continue
        if isinstance(data, ev.MessageQueued):
            found.pop(event.interaction_id, None)
        elif data.automatic is None:
            found.setdefault(event.interaction_id, []).append((event, data))
    return sorted((one for part in found.values() for one in part), key=lambda one: (one[0].shown_at, one[0].position))


def _wants(said: Said, unanswered: Received, still: Sequence[Interaction]) -> BriefLine:
    """The subject of what is open; else what waits for an answer; else what the customer said last about it."""
    for one in still:
        proof = next((event for event, _ in said if event.interaction_id == one.interaction_id), None)
        if one.subject and proof is not None:
            return line("wants", first_line(one.subject), (proof,))
    open_work = {one.interaction_id for one in still}
    theirs = [(e, d) for e, d in said if isinstance(d, ev.MessageReceived) and e.interaction_id in open_work]
    for event, data in (*unanswered, *reversed(theirs)):
        if text := gist(data):
            return line("wants", text, (event,))
    return line("wants")


def _promised() -> BriefLine:
    """Promises are not recorded yet: the line says so by being empty."""
    return line("promised")


def _open(
    events: Sequence[Event],
    said: Said,
    unanswered: Received,
    still: Sequence[Interaction],
    deliveries: Sequence[Delivery],
) -> BriefLine:
    """What the customer said without an answer, what of ours did not arrive, what sleeps."""
    again = {data.resend_of for _, data in said if isinstance(data, ev.MessageQueued)}
    broken = {one.event_id for one in deliveries if one.status in ("failed", "uncertain")} - again
    lost = [event for event, _ in said if event.event_id in broken]
    asleep = {one.interaction_id for one in still if one.state == "snoozed"}
    snoozes = {e.interaction_id: e for e in events if e.type == "interaction.snoozed" and e.interaction_id in asleep}
    clauses = [
        (f"{count(len(unanswered), 'message')} without an answer", [event for event, _ in unanswered]),
        (f"{count(len(lost), 'message')} of ours did not arrive", lost),
        (f"{len(snoozes)} snoozed", list(snoozes.values())),
    ]
    kept = [(text, proof) for text, proof in clauses if proof]
    return line("open", " · ".join(text for text, _ in kept), [event for _, proof in kept for event in proof])


def _last(said: Said) -> BriefLine:
    for event, data in reversed(said):
        if isinstance(data, ev.MessageQueued) and (text := gist(data)):
            return line("last", text, (event,))
    return line("last")


def line(kind: Kind, text: str = "", proof: Iterable[Event] = ()) -> BriefLine:
    """A clause since its first proof."""
    events = list(proof)[:MOST_PROOFS]
    return BriefLine(
        kind=kind,
        text=text,
        events=tuple(event.event_id for event in events),
        at=events[0].shown_at if events else None,
    )


def gist(data: ev.MessageReceived | ev.MessageQueued) -> str:
    """The first line, else the name of the first file."""
    text = own_words(data) if isinstance(data, ev.MessageReceived) else data.text
    return first_line(text) or first_line("".join(file.name for file in data.attachments[:1]))


def first_line(text: str) -> str:
    found = next((part.strip() for part in text.splitlines() if part.strip()), "")
    return found if len(found) <= LONGEST else f"{found[: LONGEST - 1]}…"


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
