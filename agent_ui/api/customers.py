"""Customers and their timelines."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from agent_ui.call import Call
from agent_ui.routes import route
from hub.commands import UpdateCustomer
from hub.errors import Invalid
from hub.ids import CustomerId
from hub.people import Customer, TimelinePage
from hub.service import Result


@route("GET", "/api/customers")
async def find_customers(
    call: Call,
    *,
    q: Annotated[str, Meta(min_length=1, max_length=200)],
    limit: Annotated[int, Meta(ge=1, le=50)] = 8,
) -> tuple[Customer, ...]:
    """People whose name or address contains the text, newest first."""
    return await call.hub.desk.find_customers(q, limit)


@route("GET", "/api/customers/{customer_id}")
async def customer(call: Call, *, customer_id: CustomerId) -> Customer:
    """One person with all addresses."""
    return await call.hub.desk.customer(customer_id)


@route("GET", "/api/customers/{customer_id}/timeline")
async def timeline(
    call: Call,
    *,
    customer_id: CustomerId,
    before: Annotated[str, Meta(max_length=64)] | None = None,
    limit: Annotated[int, Meta(ge=1, le=200)] = 50,
) -> TimelinePage:
    """The newest events of a person over all channels, ascending; ``before`` is the cursor of a newer page."""
    return await call.hub.desk.timeline(customer_id, before, limit)


@route("PATCH", "/api/customers/{customer_id}")
async def update_customer(call: Call, *, customer_id: CustomerId, body: UpdateCustomer) -> Result:
    """Change a customer's name."""
    if body.customer_id != customer_id:
        raise Invalid("The body names another customer than the address.", field="customer_id")
    return await call.hub.service.do(body, call.agent_id, call.user.roles)
