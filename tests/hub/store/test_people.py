"""People are found by what others type."""

from __future__ import annotations

import pytest

from hub.store import Store, people
from tests import given


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ada", ["Ada Lovelace"]),
        ("LACE", ["Ada Lovelace"]),
        ("érica", ["Érica Sá"]),
        ("ÉRICA SÁ", ["Érica Sá"]),
        ("erica@", ["Érica Sá"]),
        ("100%", ["100% Shop"]),
        ("0%_s", []),
        ("a_a", []),
        ("\\", []),
        ("", ["100% Shop", "Érica Sá", "Ada Lovelace"]),
    ],
)
async def test_people_are_found_by_a_part_of_a_name_or_address(store: Store, typed: str, found: list[str]) -> None:
    """Capitals of any script make no difference; wildcards of the database are plain characters."""
    await store.write(given.customer("Ada Lovelace"))
    await store.write(given.customer("Érica Sá", given.email("erica@example.org")))
    await store.write(given.customer("100% Shop"))
    assert [one.name for one in await store.read(lambda view: people.search(view, typed, 10))] == found
