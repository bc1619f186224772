"""Settings from TOML files and the environment. One law: every fault is told at once, each with its place."""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from config.settings import ChannelSettings, Settings, reveal_nothing

PREFIX: Final = "CONTINUO_"
RESERVED: Final = frozenset({"CONFIG", "REQUIRE_ALL", "SKIP_WEB", "DEV_HUB"})
"""Names with our prefix that are no settings."""
_OWN_FIELDS: Final = ("kind", "queue", "name", "from_name")
LoadChannel = Callable[[str], Any]
"""Gives the class of a channel kind. Raises LookupError with words."""


class Fault(msgspec.Struct, frozen=True):
    place: str
    """``channels.web.secret``, or the file."""
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


class WrongSettings(Exception):
    """The settings are not right."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def load(files: list[Path], environment: Mapping[str, str], load_channel: LoadChannel) -> Settings:
    """Later files win over earlier ones, the environment over all. Raises WrongSettings with every fault."""
    faults: list[Fault] = []
    raw: dict[str, Any] = {}
    for file in files:
        merge(raw, read_file(file, faults))
    merge(raw, from_environment(environment))
    settings = Reader(faults, load_channel).settings(raw)
    if faults or settings is None:
        raise WrongSettings(faults)
    return settings


def read_file(file: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(Fault(str(file), f"can't be read ({error.strerror})"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(str(file), f"is not TOML: {error}"))
    return {}


class FromEnvironment(str):
    """A value that came as text: numbers and truth values are read out of it."""

    __slots__ = ()


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """``CONTINUO_STORE__URL=...`` sets ``store.url``."""
    raw: dict[str, Any] = {}
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in RESERVED:
            continue
        *path, last = name.removeprefix(PREFIX).lower().split("__")
        table = raw
        for key in path:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                # It stays a text, and is told as one that must be a table.
                break
        else:
            table[last] = FromEnvironment(value)
    return raw


def merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value


class Reader:
    """Converts field by field, so that one fault does not hide the next."""

    def __init__(self, faults: list[Fault], load_channel: LoadChannel) -> None:
        self._faults = faults
        self._load_channel = load_channel

    def settings(self, raw: dict[str, Any]) -> Settings | None:
        settings: Settings | None = self.table(Settings, raw, "")
        if settings is not None:
            self._across(settings)
        return settings

    def table(self, kind: type[Any], raw: Any, place: str) -> Any:
        """An instance of the struct, or None after noting what is wrong."""
        if not isinstance(raw, Mapping):
            self._fault(place, "must be a table")
            return None
        known = {field.name: field for field in msgspec.structs.fields(kind)}
        for key in raw:
            if key not in known:
                self._fault(join(place, key), unknown(key, list(known)))
        before, values = len(self._faults), {}
        for name, field in known.items():
            if name in raw:
                values[name] = self.value(field.type, raw[name], join(place, name))
            elif field.required:
                self._fault(join(place, name), f"is missing. {help_of(field.type)}".rstrip())
        return kind(**values) if len(self._faults) == before else None

    def value(self, kind: Any, raw: Any, place: str) -> Any:
        plain = strip(kind)
        if plain is ChannelSettings:
            return self.channel(raw, place)
        if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            return self.table(plain, raw, place)
        if typing.get_origin(plain) is dict and is_struct(typing.get_args(plain)[1]):
            return self.tables(typing.get_args(plain), raw, place)
        is_text = isinstance(raw, FromEnvironment)
        try:
            return msgspec.convert(
                listed(plain, str(raw)) if is_text else raw, kind, strict=not is_text, dec_hook=reveal_nothing
            )
        except msgspec.ValidationError as error:
            self._fault(place, f"{plain_words(str(error))}. {help_of(kind)}".rstrip())
            return None

    def tables(self, kinds: tuple[Any, ...], raw: Any, place: str) -> Any:
        found: dict[str, Any] = {}
        if not isinstance(raw, Mapping):
            self._fault(place, "must be a table of tables")
            return found
        for key, value in raw.items():
            if self.value(kinds[0], key, join(place, key)) is not None:
                found[key] = self.value(kinds[1], value, join(place, key))
        return found

    def channel(self, raw: Any, place: str) -> ChannelSettings | None:
        """The account's own fields, then those of its kind."""
        if not isinstance(raw, Mapping):
            self._fault(place, "must be a table")
            return None
        before = len(self._faults)
        own: ChannelSettings | None = self.table(
            ChannelSettings, {key: raw[key] for key in _OWN_FIELDS if key in raw}, place
        )
        try:
            channel = self._load_channel(str(raw["kind"])) if "kind" in raw else None
        except LookupError as error:
            self._fault(join(place, "kind"), str(error.args[0]))
            return None
        if channel is None:
            return None
        rest = {key: value for key, value in raw.items() if key not in _OWN_FIELDS}
        settings = self.table(channel.Settings, rest, place)
        if own is None or len(self._faults) > before:
            return None
        return msgspec.structs.replace(own, settings=settings)

    def _across(self, settings: Settings) -> None:
        for key, channel in settings.channels.items():
            if channel.queue not in settings.queues:
                self._fault(f"channels.{key}.queue", unknown(channel.queue, list(settings.queues), "queue"))
        for place, url in (("store.url", settings.store.url), ("bus.url", settings.bus.url)):
            if not is_url(url):
                self._fault(place, "is no address: a port is a number, and in a password / is written %2F")
        if settings.bus.url == "memory://" or not settings.store.url.startswith("sqlite"):
            return
        self._fault("bus.url", "several processes need PostgreSQL: SQLite belongs to one. Set store.url as well")

    def _fault(self, place: str, words: str) -> None:
        self._faults.append(Fault(place, words))


def is_url(text: str) -> bool:
    """Whether host and port can be told apart. What can't be read here could not be kept out of the log either."""
    try:
        return urlsplit(text).port != 0
    except ValueError:
        return False


def strip(kind: Any) -> Any:
    """The type without its annotations and without None."""
    if typing.get_origin(kind) is typing.Annotated:
        return strip(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(kind) if part is not type(None)]
        return strip(rest[0]) if len(rest) == 1 else kind
    return kind


def is_struct(kind: Any) -> bool:
    plain = strip(kind)
    return isinstance(plain, type) and issubclass(plain, msgspec.Struct)


def listed(kind: Any, text: str) -> Any:
    """From the environment, a list is written with commas."""
    if typing.get_origin(kind) in (tuple, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def help_of(kind: Any) -> str:
    """The sentence beside the field."""
    if typing.get_origin(kind) is typing.Annotated:
        for meta in typing.get_args(kind)[1:]:
            if isinstance(meta, msgspec.Meta) and meta.description:
                return meta.description
    return ""


def plain_words(words: str) -> str:
    words = words.replace("`", "").replace("str", "text").replace("Expected", "must be")
    words = words.replace("matching regex", "of the form")
    return words[:1].lower() + words[1:]


def unknown(key: str, known: list[str], what: str = "setting") -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"there is no such {what}; did you mean {near[0]}?"
    return f"there is no such {what}; known are {', '.join(sorted(known)) or 'none'}"


def join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
