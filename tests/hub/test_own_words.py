"""The words of a message that are its own."""

from __future__ import annotations

import pytest

from hub.addresses import Address
from hub.events import MessageReceived, Span
from hub.own_words import own_words

ADA = Address("email", "ada@example.org")


@pytest.mark.parametrize(
    ("text", "quoted", "signature", "own"),
    [
        pytest.param("Yes, please.", (), None, "Yes, please.", id="nothing folded"),
        pytest.param("Yes.\n-- \nAda", (), (5, 12), "Yes.", id="a signature"),
        pytest.param("> When?\nNow.", ((0, 8),), None, "Now.", id="a quotation above"),
        pytest.param("Now.\n> When?\n-- \nAda", ((5, 13),), (13, 20), "Now.", id="both"),
        pytest.param("> When?", ((0, 7),), None, "> When?", id="a quotation alone"),
        pytest.param("a > b > c", ((2, 4), (6, 8)), None, "a b c", id="between its own words"),
        pytest.param("abcdef", ((1, 4), (2, 3)), (9, 99), "aef", id="spans that overlap and lie outside"),
    ],
)
def test_what_is_folded_is_left_out(
    text: str, quoted: tuple[tuple[int, int], ...], signature: tuple[int, int] | None, own: str
) -> None:
    """Spans are data of a channel: overlapping ones and those beyond the text do no harm."""
    spans = tuple(Span(*one) for one in quoted)
    message = MessageReceived(text=text, sender=ADA, quoted=spans, signature=Span(*signature) if signature else None)
    assert own_words(message) == own
