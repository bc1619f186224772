"""Which customer records are one person. Pure: the answer follows from the links, so a link can be taken back."""

from __future__ import annotations

from collections.abc import Iterable

from hub.ids import CustomerId


def persons(
    records: Iterable[CustomerId], links: Iterable[tuple[CustomerId, CustomerId]]
) -> dict[CustomerId, CustomerId]:
    """The person of each record: the oldest record it is linked to, over any number of links.

    Ids sort by the moment they were made, so the smallest is the oldest.
    """
    parent = {record: record for record in records}

    def root(record: CustomerId) -> CustomerId:
        parent.setdefault(record, record)
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for one, other in links:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {record: root(record) for record in parent}
