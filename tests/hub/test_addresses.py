"""One canonical form per kind: equal addresses are equal strings, and what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from hub.addresses import KINDS, BadAddressText, address


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("email", "Ana.Lima@Example.ORG", "ana.lima@example.org"),
        ("email", " ana@bücher.example ", "ana@xn--bcher-kva.example"),
        ("phone", "+351 912 345 678", "+351912345678"),
        ("phone", "+1 (650) 253-0000", "+16502530000"),
        ("visitor", "abc", "abc"),
        ("external", "shop:42", "shop:42"),
    ],
)
def test_the_canonical_form(kind: str, text: str, value: str) -> None:
    assert address(kind, text).value == value  # type: ignore[arg-type]  # one of the kinds


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "no-at-sign"),
        ("email", "@example.org"),
        ("email", "a b@example.org"),
        ("phone", "912345678"),
        ("phone", "call me"),
        ("visitor", ""),
        ("visitor", "x" * 321),
        ("external", "a\x00b"),
        ("external", "line\nbreak"),
        ("user", "\ud800"),
    ],
    ids=["no at", "no local part", "space", "no country", "words", "empty", "huge", "NUL", "control", "lone surrogate"],
)
def test_what_is_no_address_is_refused(kind: str, text: str) -> None:
    """Truncated, huge, wrongly encoded."""
    with pytest.raises(BadAddressText):
        address(kind, text)  # type: ignore[arg-type]  # one of the kinds


@every(st.sampled_from(KINDS), st.text(max_size=40))
def test_the_canonical_form_is_stable(kind: str, text: str) -> None:
    """Hostile: any text is an address whose form is its own form, or is refused; never another error."""
    try:
        made = address(kind, text)  # type: ignore[arg-type]  # one of the kinds
    except BadAddressText:
        return
    assert address(kind, made.value) == made  # type: ignore[arg-type]  # one of the kinds
