"""Addresses and links of customer records, as a change needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, or_, select

from hub.ids import CustomerId
from hub.projection import Link
from hub.store import rows
from hub.store import tables as t

if TYPE_CHECKING:
    from hub.store.tx import View


def addresses_of(view: View, records: Collection[str]) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = defaultdict(list)
    if not records:
        return found
    query = select(t.addresses).where(view.dialect.among(t.addresses.c.customer_id, records))
    for row in view.connection.execute(query).mappings():
        found[row["customer_id"]].append(row)
    return found


def around(view: View, records: Iterable[CustomerId]) -> list[Link]:
    """Every link that is connected with these records, over any number of links, undone ones too."""
    seen: set[str] = set()
    found: dict[str, Link] = {}
    edge = set(records)
    while edge:
        seen |= edge
        reach = sorted(edge)
        is_near = or_(view.dialect.among(t.links.c.customer_id, reach), view.dialect.among(t.links.c.other, reach))
        query = select(t.links).where(is_near)
        for row in view.connection.execute(query).mappings():
            found[row["link_id"]] = rows.LINKS.from_row(row)
        edge = {record for link in found.values() for record in (link.customer_id, link.other)} - seen
    return list(found.values())
