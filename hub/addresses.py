"""One canonical form per kind of address. Pure; equal addresses are equal strings."""

from __future__ import annotations

import unicodedata
from typing import Literal, get_args

import msgspec

AddressKind = Literal["phone", "email", "visitor", "user", "external"]
"""``visitor``: an anonymous web chat visit; ``user``: an id proven by the host page; ``external``: an id of another
system, prefixed by its channel account so that two systems never share one."""

KINDS: tuple[AddressKind, ...] = get_args(AddressKind)
_LONGEST = 320


class Address(msgspec.Struct, frozen=True, order=True):
    """Where a person can be reached: a kind and its canonical value. Make it with ``address()``."""

    kind: AddressKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class BadAddressText(ValueError):
    """This is not an address of its kind."""


def address(kind: AddressKind, text: str) -> Address:
    """The canonical address. Phone: E.164 (ITU-T); e-mail: case-folded, domain in ASCII; others: NFC, stripped.

    Raises BadAddressText.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text or len(text) > _LONGEST or not (text.isprintable() or is_plain(text)):
        raise BadAddressText(f"not an address: {text[:40]!r}")
    match kind:
        case "phone":
            return Address(kind, _phone(text))
        case "email":
            return Address(kind, _email(text))
        case "visitor" | "user" | "external":
            return Address(kind, text)


def is_plain(text: str) -> bool:
    """Without controls and lone surrogates."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _phone(text: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise BadAddressText(f"not a phone number in international form: {text[:40]!r}") from error
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or " " in text:
        raise BadAddressText(f"not an e-mail address: {text[:40]!r}")
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError as error:
        raise BadAddressText(f"not an e-mail address: {text[:40]!r}") from error
    return f"{local.casefold()}@{ascii_domain.lower()}"
