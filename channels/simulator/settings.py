"""Who calls, how often, and where the hub can be reached."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hub.ports import Secret

Language = Literal["en", "pt", "de", "es", "ar"]
Port = Annotated[int, Meta(ge=0, le=65535)]


class SimulatorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run ends after ``count`` customers or ``seconds``, whichever comes first; without both it goes on."""

    hub_url: Annotated[str, Meta(description="Base address of the hub.")] = "http://127.0.0.1:8080"
    chats: Annotated[tuple[str, ...], Meta(description="Web chat accounts on which customers write.")] = ()
    smtp_host: Annotated[str, Meta(description="Where the hub takes mail in.")] = "127.0.0.1"
    smtp_port: Annotated[Port | None, Meta(description="Its port; unset: nobody writes mails.")] = None
    mail_to: Annotated[str, Meta(description="Address that customers write to.")] = ""
    mail_domain: Annotated[str, Meta(description="Domain of the simulated customers' addresses.")] = "customers.example"
    sink_port: Annotated[
        Port | None, Meta(description="Port of an SMTP server of ours that gets the answers; 0 takes a free one.")
    ] = None
    api: Annotated[str, Meta(description="API account on which another system posts; empty: none does.")] = ""
    api_secret: Annotated[Secret | None, Meta(description="The secret of that account.")] = None
    receiver_port: Annotated[
        Port | None, Meta(description="Port on which the other system gets answers; 0 takes a free one.")
    ] = None
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, description="What customers speak.")] = (
        "en",
        "pt",
        "de",
        "es",
        "ar",
    )
    rate: Annotated[float, Meta(gt=0, le=60_000, description="New customers per minute, on average.")] = 6.0
    customers: Annotated[int, Meta(ge=1, le=10_000, description="Most customers at once.")] = 20
    count: Annotated[int | None, Meta(ge=1, description="Customers in all.")] = None
    seconds: Annotated[float | None, Meta(gt=0, description="How long new customers come.")] = None
    turns: Annotated[int, Meta(ge=1, le=10, description="Most messages of one customer.")] = 4
    patience: Annotated[
        float, Meta(ge=0, le=86_400, description="Seconds a customer waits for an answer; 0: says it and leaves.")
    ] = 120.0
    pace: Annotated[
        float, Meta(ge=0, le=100, description="1: people's speed of writing; 0: no pause, for tests and load.")
    ] = 1.0
    retry_seconds: Annotated[
        float, Meta(gt=0, le=600, description="How long a customer tries to get one message through.")
    ] = 60.0
    seed: Annotated[int, Meta(description="The same seed gives the same customers.")] = 1
