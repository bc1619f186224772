"""Addresses and links of customer records, as a change needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Select, or_, select

from hub.ids import CustomerId
from hub.projection import Link
from hub.store import rows
from hub.store import tables as t
from hub.store.dialect import Dialect

if TYPE_CHECKING:
    from hub.store.tx import View


@cache
def _addresses(dialect: Dialect) -> Select[Any]:
    return select(t.addresses).where(dialect.among(t.addresses.c.customer_id))


@cache
def _links(dialect: Dialect) -> Select[Any]:
    c = t.links.c
    return select(t.links).where(or_(dialect.among(c.customer_id), dialect.among(c.other)))


def addresses_of(view: View, records: Collection[str]) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = defaultdict(list)
    if not records:
        return found
    for row in view.connection.execute(_addresses(view.dialect), view.dialect.given(records)).mappings():
        found[row["customer_id"]].append(row)
    return found


def around(view: View, records: Iterable[CustomerId]) -> list[Link]:
    """Every link that is connected with these records, over any number of links, undone ones too."""
    seen: set[str] = set()
    found: dict[str, Link] = {}
    edge = set(records)
    while edge:
        seen |= edge
        for row in view.connection.execute(_links(view.dialect), view.dialect.given(sorted(edge))).mappings():
            found[row["link_id"]] = rows.LINKS.from_row(row)
        edge = {record for link in found.values() for record in (link.customer_id, link.other)} - seen
    return list(found.values())
