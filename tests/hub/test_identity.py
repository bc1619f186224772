"""Which records are one person: follows from the links alone, so every link can be taken back."""

from __future__ import annotations

from hypothesis import given as every
from hypothesis import strategies as st

from hub.identity import persons
from hub.ids import CustomerId

RECORDS = [CustomerId(f"c{number}") for number in range(8)]
records = st.sampled_from(RECORDS)
links = st.lists(st.tuples(records, records), max_size=12)


def test_nobody_is_linked_without_a_link() -> None:
    assert persons(RECORDS, []) == {one: one for one in RECORDS}


def test_the_oldest_record_gives_its_name_over_any_number_of_links() -> None:
    found = persons(RECORDS[:4], [(RECORDS[3], RECORDS[2]), (RECORDS[2], RECORDS[1])])
    assert found == {RECORDS[0]: RECORDS[0], RECORDS[1]: RECORDS[1], RECORDS[2]: RECORDS[1], RECORDS[3]: RECORDS[1]}


@every(links)
def test_the_order_of_links_does_not_matter(made: list[tuple[CustomerId, CustomerId]]) -> None:
    """Reordered: the same links in any order give the same people."""
    shuffled = sorted(made, reverse=True)
    assert persons(RECORDS, made) == persons(RECORDS, shuffled)


@every(links, links)
def test_taking_links_back_restores_exactly_what_was(
    before: list[tuple[CustomerId, CustomerId]], more: list[tuple[CustomerId, CustomerId]]
) -> None:
    """Undone: people are a function of the links that stand, whatever stood in between."""
    assert persons(RECORDS, [*before, *more][: len(before)]) == persons(RECORDS, before)


@every(links)
def test_linked_records_are_one_person_and_others_are_not(made: list[tuple[CustomerId, CustomerId]]) -> None:
    found = persons(RECORDS, made)
    assert all(found[one] == found[other] for one, other in made)
    assert all(found[found[one]] == found[one] for one in RECORDS)
    assert all(found[one] <= one for one in RECORDS)
