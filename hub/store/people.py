"""Customer records: claim an address, find people, and who is one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from hub.addresses import Address
from hub.ids import CustomerId
from hub.people import Customer
from hub.store import links, rows
from hub.store import tables as t
from hub.store.dialect import Dialect
from hub.store.tx import Tx, View


def claim_addresses(tx: Tx, wanted: Mapping[Address, CustomerId]) -> set[Address]:
    """Take addresses for customer records. Returns those that nobody had; two processes never both win one."""
    new = [
        {"kind": address.kind, "value": address.value, "customer_id": customer, "verified": None}
        for address, customer in sorted(wanted.items())
    ]
    return {Address(row.kind, row.value) for row in tx.dialect.claim(tx.connection, t.addresses, new)} if new else set()


@cache
def _customers(dialect: Dialect) -> Select[Any]:
    return select(t.customers).where(dialect.among(t.customers.c.customer_id))


def customers(view: View, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
    found = view.connection.execute(_customers(view.dialect), view.dialect.given(ids)).mappings().all()
    known = links.addresses_of(view, [row["customer_id"] for row in found])
    return {row["customer_id"]: rows.customer(row, known.get(row["customer_id"], ())) for row in found}


def records_of_person(view: View, customer_id: CustomerId) -> list[CustomerId]:
    """Every record that is one person with this one, the oldest first; empty when there is no such record."""
    c = t.customers.c
    person = select(c.person_id).where(c.customer_id == customer_id).scalar_subquery()
    query = select(c.customer_id).where(c.person_id == person).order_by(c.customer_id)
    return [CustomerId(found) for found in view.connection.execute(query).scalars()]


def records_of_persons(view: View, ids: Collection[CustomerId]) -> set[CustomerId]:
    """Every record that is one person with one of these."""
    if not ids:
        return set()
    c = t.customers.c
    persons = select(c.person_id).where(view.dialect.among(c.customer_id))
    query = select(c.customer_id).where(c.person_id.in_(persons))
    return {CustomerId(one) for one in view.connection.execute(query, view.dialect.given(sorted(ids))).scalars()}


def search(view: View, text: str, limit: int) -> list[Customer]:
    """People whose name contains the text, or who have an address that does. The newest first."""
    c, a = t.customers.c, t.addresses.c
    # A database's lower() may know ASCII alone: a name is also looked for as people write one.
    has_name = or_(contains(func.lower(c.name), text.lower()), *(contains(c.name, one) for one in spellings(text)))
    by_address = select(a.customer_id).where(contains(func.lower(a.value), text.lower()))
    query = (
        select(c.customer_id)
        .where(or_(has_name, c.customer_id.in_(by_address)))
        .order_by(c.customer_id.desc())
        .limit(limit)
    )
    ids = [CustomerId(found) for found in view.connection.execute(query).scalars()]
    known = customers(view, ids)
    return [known[one] for one in ids]


def spellings(text: str) -> list[str]:
    return sorted({text, text.lower(), text.upper(), text.title()})


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """The text as it is: no character of it is a wildcard."""
    return column.contains(text, autoescape=True)
