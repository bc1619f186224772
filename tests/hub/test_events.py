"""The table of events: names, forms, and the page made from it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from hub.events import DECODERS, TYPES
from hub.events_page import page
from hub.kinds import KINDS

DOCS = Path(__file__).parents[2] / "docs"
CHANNELS = ("webchat", "chat", "email", "mail", "sms", "twilio", "whatsapp", "telegram", "line")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_type_is_noun_past_verb_and_names_no_channel(name: str) -> None:
    noun, _, verb = name.partition(".")
    assert re.fullmatch(r"[a-z]+", noun)
    assert re.fullmatch(r"[a-z_]+", verb)
    assert not any(part in CHANNELS for part in re.split(r"[._]", name))
    made = "".join(part.title() for part in re.split(r"[._]", name))
    assert KINDS[name].cls.__name__ == made


def test_every_class_stands_for_one_type() -> None:
    assert {name: kind.cls for name, kind in KINDS.items()} == {name: cls for cls, name in TYPES.items()}
    assert DECODERS.keys() == KINDS.keys()


def test_a_newer_event_passes_through_an_older_program() -> None:
    """Unknown fields are kept in the bytes and ignored when read."""
    raw = b'{"text": "Hello", "from_the_future": 1, "sender": ["email", "a@example.org"]}'
    decoded = msgspec.json.decode(raw, type=dict)
    assert decoded["from_the_future"] == 1


def test_the_page_of_events_is_the_table() -> None:
    assert (DOCS / "events.md").read_text() == page(), "run: python -m hub.events_page > docs/events.md"
