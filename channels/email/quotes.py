"""Which characters of a text are quoted, and which are a signature. Law: nothing a person wrote just now is folded.

The phrases of mail programs come from mail-parser-reply; it is asked about few short windows, for its patterns can be
slow on long lines. Text below a quotation that was answered in place stays visible.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from hub.events import Span

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh")
_MORE_HEADERS: Final = (
    r"(?:Em|No dia|A)\s[^\n]{4,300}?\bescreveu\s?:",
    r"(?:Em|No dia)\s[^\n]{4,200}?\n?[^\n]{0,200}?\bescreveu\s?:",
    r"(?:On|Le|El|Il|Am)\s[^\n]{4,200}?\n?[^\n]{0,200}?(?:wrote|a écrit|escribió|ha scritto|schrieb[^\n]{0,80})\s?:",
    r"[^\n]{4,300}\s(?:كتب|كتبت|написал|написала|написав)[^\n]{0,80}:",
)
_FIELD: Final = (
    "from|sent|to|subject|date|cc|von|gesendet|an|betreff|datum|de|enviado|enviada|para|assunto|asunto|envoyé|objet|à|"
    "da|inviato|oggetto|a|van|verzonden|aan|onderwerp|från|skickat|till|ämne|od|wysłano|do|temat"
)
_BLOCK = re.compile(rf"^[*_ ]*(?:{_FIELD})[*_]? ?:[*_]* *\S", re.IGNORECASE)
_RULE = re.compile(r"^ ?(?:-{3,} ?(?P<words>[^\n-]{4,60}) ?-{3,}|_{10,})\s*$")
_FORWARD = re.compile(r"forward|weitergeleitet|transf|encaminhad|reenviad|inoltrat|doorgestuurd", re.IGNORECASE)
_ENDS_HEADER: Final = (":", "：")
_WINDOW: Final = 600
_CANDIDATES: Final = 200
_DELIMITED_LINES: Final = 40
_SIGN_OFF_LINES: Final = 6
_DELIMITER = re.compile(r"^(?:-- ?|—|_{2,3})$")
_GOES_ON = re.compile(r"\?|^p\.? ?s\b", re.IGNORECASE)
_FAREWELLS: Final = (
    r"(?:Com os )?(?:melhores )?cumprimentos",
    r"Atenciosamente",
    r"Obrigad[oa]",
    r"(?:Un )?(?:cordial )?saludos?",
    r"مع خالص التحية",
    r"تحياتي",
    r"С уважением",
)
_SENT_FROM: Final = (r"Enviado do meu", r"Sent with", r"Sent from", r"Von meinem")


class Line(NamedTuple):
    start: int
    end: int
    text: str

    @property
    def is_quoted(self) -> bool:
        return self.text.lstrip(" \t").startswith(">")

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


class Folds(NamedTuple):
    quoted: tuple[Span, ...] = ()
    signature: Span | None = None


def find(text: str) -> Folds:
    lines = _lines(text)
    quoted = _quoted(lines)
    visible = [line for number, line in enumerate(lines) if number not in quoted]
    if all(line.is_blank for line in visible):
        return Folds()
    spans = _spans(lines, quoted)
    signature = _signature(lines, quoted)
    if signature is not None and not text[: signature.start].strip():
        signature = None
    return Folds(spans, signature)


def _lines(text: str) -> list[Line]:
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append(Line(at, at + len(line), line))
        at += len(line) + 1
    return lines


def _quoted(lines: list[Line]) -> set[int]:
    """Numbers of the folded lines."""
    folded = {number for number, line in enumerate(lines) if line.is_quoted}
    tried = 0
    number = 0
    while number < len(lines) and tried < _CANDIDATES:
        size = 0
        if _is_forward(lines[number].text):
            break  # what somebody sends on was sent to be read
        if number not in folded and not lines[number].is_blank:
            size, cost = _header_at(lines, number)
            tried += cost
        if not size:
            number += 1
            continue
        after = number + size
        while after < len(lines) and lines[after].is_blank:
            after += 1
        folded.update(range(number, after))
        if after < len(lines) and lines[after].is_quoted:
            number = after  # each quoted line carries its own mark: what stands between them was written now
            continue
        folded.update(range(number, len(lines)))
        break
    return folded


def _is_forward(text: str) -> bool:
    rule = _RULE.match(text[:_WINDOW])
    return rule is not None and _FORWARD.search(rule.group("words") or "") is not None


def _header_at(lines: list[Line], number: int) -> tuple[int, int]:
    """How many lines the words before a quotation take, 0 for none; and whether a pattern was asked."""
    text = lines[number].text
    rule = _RULE.match(text[:_WINDOW])
    if rule is not None:
        words = rule.group("words")
        if words and re.search(r"original|ursprüngl|mensa|message|nachricht|oorspr|wiadomo", words, re.IGNORECASE):
            return 1, 0
    start = number + 1 if rule is not None and number + 1 < len(lines) else number
    if _block(lines, start):
        return start - number + _block(lines, start), 0
    for count in (1, 2, 3):
        piece = lines[number : number + count]
        if len(piece) == count and piece[-1].text.rstrip().endswith(_ENDS_HEADER):
            window = "\n".join(line.text.strip() for line in piece)
            return (count if len(window) <= _WINDOW and _is_header(window) else 0), 1
    return 0, 0


def _block(lines: list[Line], number: int) -> int:
    """From: Sent: To: Subject: as Outlook writes them: at least three such lines in a row."""
    count = 0
    while number + count < len(lines) and _BLOCK.match(lines[number + count].text[:_WINDOW]):
        count += 1
    return count if count >= 3 else 0


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]  # it has no types

    found = [
        pattern for language in LANGUAGES for pattern in _listed(MAIL_LANGUAGES.get(language, {}).get("wrote_header"))
    ]
    more = [rf"^(?:{pattern})$" for pattern in _MORE_HEADERS]
    return tuple(re.compile(pattern, re.MULTILINE | re.IGNORECASE) for pattern in (*more, *found))


def _is_header(window: str) -> bool:
    """Such a line names a moment or an address; a sentence of a person that ends in a colon does not."""
    if not re.search(r"[0-9@<]", window):
        return False
    for pattern in _patterns():
        found = pattern.match(window)
        if found is not None and found.end() >= len(window.rstrip()):
            return True
    return False


# signature


@cache
def _farewells() -> re.Pattern[str]:
    from mailparser_reply.constants import MAIL_LANGUAGES

    found = {"signatures": list(_FAREWELLS), "sent_from": list(_SENT_FROM)}
    for language in LANGUAGES:
        for key, words in found.items():
            words.extend(_listed(MAIL_LANGUAGES.get(language, {}).get(key)))
    alone, before = ("|".join(word for word in words if not word.startswith("/")) for words in found.values())
    return re.compile(rf"^(?:(?:{alone})[\s,.!]*|(?:{before})[^\n]{{0,60}})$", re.IGNORECASE)


def _signature(lines: list[Line], quoted: set[int]) -> Span | None:
    """The end of what was written: from ``-- `` on, or from a farewell that only a few short lines follow."""
    last = max((n for n, line in enumerate(lines) if n not in quoted and not line.is_blank), default=-1)
    first = last
    while first > 0 and first - 1 not in quoted and last - first < _DELIMITED_LINES:
        first -= 1
    for number in range(max(first, 0), last + 1):
        line = lines[number]
        if _DELIMITER.match(line.text[:8]) or (
            _farewells().match(line.text.strip()[:120]) and _is_sign_off(lines[number + 1 : last + 1])
        ):
            return Span(line.start, lines[last].end)
    return None


def _is_sign_off(lines: list[Line]) -> bool:
    said = [line.text.strip() for line in lines if not line.is_blank]
    return len(said) <= _SIGN_OFF_LINES and not any(len(text) > 60 or _GOES_ON.search(text) for text in said)


def _spans(lines: list[Line], quoted: set[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for number in sorted(quoted):
        line = lines[number]
        if spans and line.start == spans[-1].end + 1:
            spans[-1] = Span(spans[-1].start, line.end)
        else:
            spans.append(Span(line.start, line.end))
    return tuple(spans)


def _listed(found: str | list[str] | None) -> list[str]:
    if not found:
        return []
    return [found] if isinstance(found, str) else list(found)
