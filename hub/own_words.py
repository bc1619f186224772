"""What a message says itself: its text without what it quotes and without the signature."""

from __future__ import annotations

from hub.events import MessageReceived


def own_words(message: MessageReceived) -> str:
    """The whole text where nothing else is left: a mail of a quotation alone still says something."""
    text = message.text
    if not (message.quoted or message.signature):
        return text
    kept, at = [], 0
    for span in sorted((*message.quoted, *filter(None, (message.signature,))), key=lambda one: one.start):
        kept.append(text[at : max(at, span.start)])
        at = max(at, span.end)
    return "".join((*kept, text[at:])).strip() or text
