"""docs/events.md, made from the table of events: ``python -m hub.events_page > docs/events.md``."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any, get_type_hints

import msgspec

from hub.events import Data, Event
from hub.kinds import KINDS

HEAD = """# Events

Generated from `hub/events.py` and `hub/kinds.py`; a test compares. Every event has the same envelope; `data` depends
on its type. Readers ignore fields they don't know, so a newer hub may add some.

## Envelope

"""


def page() -> str:
    parts = [HEAD, fields_of(Event), "\n## Types\n\n| type | kept | shown to | counts as |\n|---|---|---|---|\n"]
    parts += [
        f"| [`{name}`](#{anchor(name)}) | {kind.keep} | {kind.publish} | {kind.counts} |\n"
        for name, kind in KINDS.items()
    ]
    parts += [section(name, kind.cls) for name, kind in KINDS.items()]
    return "".join(parts)


def section(name: str, cls: type[Data]) -> str:
    words = inspect.cleandoc(cls.__doc__) if cls.__doc__ and not cls.__doc__.startswith(f"{cls.__name__}(") else ""
    return "\n".join(
        part for part in (f"\n## `{name}`\n", plain(words) + "\n" if words else "", fields_of(cls)) if part
    )


def fields_of(cls: type[Any]) -> str:
    fields = msgspec.structs.fields(cls)
    if not fields:
        return "No data.\n"
    hints = get_type_hints(cls)
    rows = [f"| `{one.encode_name}` | {shown(hints[one.name])} | {default(one)} |\n" for one in fields]
    return "| field | type | default |\n|---|---|---|\n" + "".join(rows)


def shown(kind: Any) -> str:
    """A type as people write it."""
    text = kind.__name__ if isinstance(kind, type) and not getattr(kind, "__args__", None) else str(kind)
    text = re.sub(r"\b(hub|typing|datetime|msgspec)\.(\w+\.)*", "", text)
    text = text.replace("NoneType", "None").replace("|", "\\|")
    return f"`{text}`"


def default(one: msgspec.structs.FieldInfo) -> str:
    if one.required:
        return "required"
    if one.default is msgspec.NODEFAULT:
        return "empty"
    return "" if one.default in (None, "") else f"`{one.default}`"


def anchor(name: str) -> str:
    return name.replace(".", "")


def plain(words: str) -> str:
    return words.replace("``", "`")


if __name__ == "__main__":
    sys.stdout.write(page())
