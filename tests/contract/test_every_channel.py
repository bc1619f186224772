"""The quality scale: what every channel has. What one lacks stands here, with the reason, and nowhere else."""

import importlib
import inspect
import typing
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

import channels
from hub.kinds import KINDS
from hub.ports import Abilities, Checks, Listens, ReceivesWebhooks, Secret, Serves

ROOT: Final = Path(__file__).parents[2]
EXEMPT: Final[dict[tuple[str, str], str]] = {
    ("email", "signature"): "SMTP has none: senders are unverified unless our own mail server says dmarc=pass",
    ("webchat", "signature"): "a page is no server: signed visit tokens on every request instead, closed with 4403",
}
"""(kind, rule) -> why it does not apply. A rule that is met again must leave this table."""
TEST_LINES: Final = 100
LARGEST: Final = 400

every_kind = pytest.mark.parametrize("kind", channels.kinds())


def holds(kind: str, rule: str, *, is_met: bool) -> None:
    reason = EXEMPT.get((kind, rule))
    if reason is None:
        assert is_met, f"{kind} lacks: {rule}"
    else:
        assert not is_met, f"{kind} meets {rule} now: take it out of the table"


def source_of(kind: str) -> list[Path]:
    place = ROOT / "channels" / kind
    return sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def own_tests(kind: str) -> list[Path]:
    return sorted((ROOT / "tests" / "channels").glob(f"test_{kind}*.py"))


def lines(paths: list[Path]) -> int:
    return sum(len(path.read_text().splitlines()) for path in paths)


def abilities_of(kind: str) -> Abilities:
    """From the channel its own tests use."""
    tests = importlib.import_module(f"tests.channels.test_{kind}")
    house = next(value for value in vars(tests).values() if type(value).__name__ == "House")
    found: Abilities = house.channel.abilities
    return found


@every_kind
def test_tests(kind: str) -> None:
    """A test file of its own name, of a size that fits."""
    holds(kind, "tests", is_met=lines(own_tests(kind)) >= max(TEST_LINES, lines(source_of(kind)) // 4))


@every_kind
def test_inbound_fixtures(kind: str) -> None:
    """Five recorded payloads at least."""
    folder = ROOT / "tests" / "channels" / "fixtures" / kind
    holds(kind, "fixtures", is_met=len([path for path in folder.iterdir() if path.suffix != ".events"]) >= 5)


@every_kind
def test_docs_page(kind: str) -> None:
    """A page that names every setting and the key that drops duplicates."""
    page = ROOT / "docs" / "channels" / f"{kind}.md"
    text = page.read_text() if page.exists() else ""
    missing = [one.name for one in msgspec.structs.fields(settings(kind)) if f"`{one.name}`" not in text]
    assert missing == [], f"docs/channels/{kind}.md does not name {missing}"
    holds(kind, "docs", is_met="## Duplicates" in text)


@every_kind
def test_check(kind: str) -> None:
    """Settings can be tried before they are used."""
    holds(kind, "check", is_met=has(kind, Checks))


@every_kind
def test_help_for_every_setting(kind: str) -> None:
    """A sentence beside each field."""
    without = [one.name for one in msgspec.structs.fields(settings(kind)) if not described(one.type)]
    assert without == []


@every_kind
def test_settings_are_frozen_and_refuse_unknown_fields(kind: str) -> None:
    """A misspelt setting is an error, not a silence."""
    config = settings(kind).__struct_config__
    assert config.frozen
    assert config.forbid_unknown_fields


@every_kind
def test_signature(kind: str) -> None:
    """What comes by webhook is verified."""
    holds(kind, "signature", is_met=has(kind, ReceivesWebhooks))


@every_kind
def test_secrets_are_secret(kind: str) -> None:
    """At least one; a field whose name sounds like one is typed so."""
    found = {one.name: Secret in flat(one.type) for one in msgspec.structs.fields(settings(kind))}
    assert any(found.values())
    assert all(is_secret for name, is_secret in found.items() if name.endswith(("secret", "password", "token")))


@every_kind
def test_receipts(kind: str) -> None:
    """What became of our messages comes back."""
    receipts = abilities_of(kind).receipts
    holds(kind, "receipts", is_met="sent" in receipts and len(receipts) >= 2)


@every_kind
def test_emits_known_events(kind: str) -> None:
    """Declared, known, and unreadable among them."""
    emits = abilities_of(kind).emits
    assert set(emits) <= KINDS.keys()
    assert {"message.received", "payload.unreadable"} <= set(emits)


@every_kind
def test_it_can_be_reached(kind: str) -> None:
    """By webhook, by itself, or as a server of its own."""
    assert has(kind, ReceivesWebhooks) or has(kind, Listens) or has(kind, Serves)


@every_kind
def test_recorded_payloads_can_be_read(kind: str) -> None:
    """``continuo parse`` works for it."""
    assert inspect.isfunction(getattr(channels.load_channel(kind), "parse_file", None))


@every_kind
def test_files_stay_readable(kind: str) -> None:
    """Under 400 lines each."""
    assert all(lines([path]) < LARGEST for path in source_of(kind))


def test_every_exemption_is_of_a_channel_that_exists_and_says_why() -> None:
    """No dead rows."""
    assert {kind for kind, _ in EXEMPT} <= set(channels.kinds())
    assert all(len(reason) > 30 for reason in EXEMPT.values())


def settings(kind: str) -> type[msgspec.Struct]:
    found: type[msgspec.Struct] = channels.load_channel(kind).Settings
    return found


def has(kind: str, power: Any) -> bool:
    """Asked of the class: protocols with methods only."""
    return issubclass(channels.load_channel(kind), power)


def flat(kind: Any) -> list[Any]:
    inner = typing.get_args(kind)
    return [kind, *(part for one in inner for part in flat(one))] if inner else [kind]


def described(kind: Any) -> bool:
    return any(isinstance(part, msgspec.Meta) and part.description for part in flat(kind))
