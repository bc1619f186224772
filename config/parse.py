"""``continuo parse``: recorded payloads in, normalized events out. No store, no signature, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from config.console import stop, write_line


def parse(
    kind: Annotated[str, Parameter(help="Channel kind: email, webchat, api, ...")],
    files: Annotated[list[Path], Parameter(help="A JSON body, a JSON object {headers, query, body}, or an .eml file.")],
) -> None:
    """Print the normalized events of recorded payloads as JSON lines, in the form of the envelope.

    What can't be read prints one payload.unreadable; the exit code is 0 all the same. A file that is missing, or a kind
    that does not exist, exits with 2.
    """
    from channels import parse_file

    for file in files:
        try:
            parsed = parse_file(kind, file)
        except LookupError as error:
            stop(str(error.args[0]), 2)
        except OSError as error:
            stop(f"{file} can't be read: {error.strerror}", 2)
        for event in parsed.events:
            write_line(envelope(event))


def envelope(event: Any) -> dict[str, Any]:
    """The event as it would stand in the stream, without what only a store can give."""
    from hub.events import TYPES
    from hub.ids import CUSTOMER, SYSTEM

    line: dict[str, Any] = {
        "type": TYPES[type(event.data)],
        "v": 1,
        "external_id": event.external_id,
        "actor": CUSTOMER if event.sender is not None else SYSTEM,
        "occurred_at": event.occurred_at,
        "data": event.data,
    }
    hints = {
        "sender": event.sender,
        "name": event.name,
        "verified": event.verified,
        "interaction_id": event.interaction_id,
        "refs": event.refs,
    }
    return line | {name: value for name, value in hints.items() if value}
