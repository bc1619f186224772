"""The continue brief: what is wanted, promised and open, each clause with the events that prove it. Pure; no AI."""

from __future__ import annotations

from collections.abc import Sequence

from hub import events as ev
from hub.events import Event
from hub.interactions import Interaction
from hub.people import BriefLine, Delivery

LONGEST = 120


def brief(
    events: Sequence[Event], interactions: Sequence[Interaction], deliveries: Sequence[Delivery]
) -> list[BriefLine]:
    """``events`` ascending, the newest page of the person; always the lines wants, promised, open, then last."""
    said = [(event, data) for event in events if isinstance(data := read(event), ev.MessageReceived | ev.MessageQueued)]
    return [_wants(said, interactions), _promised(), _open(said, deliveries), _last(said)]


def read(event: Event) -> ev.Data | None:
    return event.read() if event.type in ("message.received", "message.queued") else None


Said = Sequence[tuple[Event, "ev.MessageReceived | ev.MessageQueued"]]


def _wants(said: Said, interactions: Sequence[Interaction]) -> BriefLine:
    """The subject of what is open, else the first thing the customer said since our last answer."""
    unanswered = _unanswered(said)
    still = next((one for one in interactions if one.is_open), None)
    if still is not None and still.subject:
        proof = [event.event_id for event, _ in said if event.interaction_id == still.interaction_id][:1]
        return BriefLine(kind="wants", text=still.subject[:LONGEST], events=tuple(proof))
    for event, data in unanswered:
        if text := first_line(data.text):
            return BriefLine(kind="wants", text=text, events=(event.event_id,), at=event.shown_at)
    return BriefLine(kind="wants", text="")


def _promised() -> BriefLine:
    """Promises are not recorded yet: the line says so by being empty."""
    return BriefLine(kind="promised", text="")


def _open(said: Said, deliveries: Sequence[Delivery]) -> BriefLine:
    """What the customer said without an answer, and what of ours did not arrive."""
    unanswered = _unanswered(said)
    broken = [one for one in deliveries if one.status in ("failed", "uncertain")]
    clauses = []
    if unanswered:
        clauses.append(f"{count(len(unanswered), 'message')} without an answer")
    if broken:
        clauses.append(f"{count(len(broken), 'message')} of ours did not arrive")
    proof = [event.event_id for event, _ in unanswered] + [one.event_id for one in broken]
    since = unanswered[0][0].shown_at if unanswered else None
    return BriefLine(kind="open", text=" · ".join(clauses), events=tuple(proof[:8]), at=since)


def _last(said: Said) -> BriefLine:
    for event, data in reversed(said):
        if isinstance(data, ev.MessageQueued):
            return BriefLine(kind="last", text=first_line(data.text), events=(event.event_id,), at=event.shown_at)
    return BriefLine(kind="last", text="")


def _unanswered(said: Said) -> list[tuple[Event, ev.MessageReceived]]:
    found: list[tuple[Event, ev.MessageReceived]] = []
    for event, data in said:
        if isinstance(data, ev.MessageQueued):
            found = []
        elif data.automatic is None:
            found.append((event, data))
    return found


def first_line(text: str) -> str:
    line = next((part.strip() for part in text.splitlines() if part.strip()), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
