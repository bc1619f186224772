"""Settings: every fault at once, each with its place; secrets never show."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from config.load import Fault, WrongSettings, from_environment, load
from config.settings import Settings, StoreSettings
from hub.ports import Secret


class LanternSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Annotated[Secret, msgspec.Meta(description="Signs what the lantern says.")]
    ports: tuple[int, ...] = ()
    phone: str = ""


class Lantern:
    Settings = LanternSettings


def load_channel(kind: str) -> type[Lantern]:
    if kind != "lantern":
        raise LookupError(f"there is no channel of kind {kind}; known are lantern")
    return Lantern


def read(folder: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    file = folder / "continuo.toml"
    file.write_text(text)
    return load([file], environment or {}, load_channel)


def faults(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[Fault]:
    with pytest.raises(WrongSettings) as caught:
        read(folder, text, environment)
    return caught.value.faults


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    """Everything has a default: nothing must be set to run embedded."""
    assert read(tmp_path, "") == Settings()


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Six different faults in one file: all six come back, each with its place."""
    found = faults(
        tmp_path,
        """
        data = 5
        [store]
        urk = "sqlite:///x"
        readers = 0
        [queues.support]
        [channels.tower]
        kind = "lantern"
        queue = "suport"
        [channels.other]
        kind = "smoke"
        queue = "support"
        """,
        {"CONTINUO_SERVER__PORT": "many"},
    )
    assert [fault.place for fault in found] == [
        "data",
        "store.urk",
        "store.readers",
        "server.port",
        "channels.tower.secret",
        "channels.other.kind",
    ]


def test_wrong_limits_of_the_server_are_told_at_once(tmp_path: Path) -> None:
    """A pace of nothing, no time at all, an unknown word, networks that are none: each has its place and its help."""
    found = faults(
        tmp_path,
        """
        [server]
        keep_alive_seconds = 0
        metrics = "everybody"
        [access]
        calls_per_second = 0.0
        proxies = ["10.0.0.0/8", "proxy.example"]
        """,
    )
    assert [fault.place for fault in found] == [
        "server.keep_alive_seconds",
        "server.metrics",
        "access.proxies",
        "access.calls_per_second",
    ]
    assert "proxy.example is no network" in found[2].words
    assert "X-Forwarded-For" in found[2].words


@pytest.mark.parametrize("network", ["", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0", "fe80::1%eth0"])
def test_what_is_no_network_of_proxies_is_refused(network: str, tmp_path: Path) -> None:
    """Empty, a host with a mask, too long a mask, the whole internet: somebody would be believed by mistake."""
    assert [one.place for one in faults(tmp_path, f"[access]\nproxies = ['{network}']")] == ["access.proxies"]


def test_networks_of_proxies_from_the_environment(tmp_path: Path) -> None:
    """Commas between them; a single address is a network of one; an empty text is none."""
    settings = read(tmp_path, "", {"CONTINUO_ACCESS__PROXIES": "10.0.0.0/8, 192.0.2.7,2001:db8::/32"})
    assert settings.access.proxies == ("10.0.0.0/8", "192.0.2.7", "2001:db8::/32")
    assert read(tmp_path, "", {"CONTINUO_ACCESS__PROXIES": ""}).access.proxies == ()


def test_a_misspelt_setting_names_the_right_one(tmp_path: Path) -> None:
    """A wrong key is refused, not ignored, and the nearest known one is offered."""
    assert faults(tmp_path, "[store]\nurk = 'x'") == [Fault("store.urk", "there is no such setting; did you mean url?")]


def test_a_channel_of_an_unknown_queue_is_refused(tmp_path: Path) -> None:
    """A name that points nowhere is found before the hub starts."""
    text = "[queues.support]\n[channels.tower]\nkind = 'lantern'\nqueue = 'suport'\nsecret = 'x'"
    assert faults(tmp_path, text) == [Fault("channels.tower.queue", "there is no such queue; did you mean support?")]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Text from outside becomes numbers and lists; a file's own text does not."""
    settings = read(
        tmp_path,
        "[server]\nport = 1\n[queues.support]\n[channels.tower]\nkind = 'lantern'\nqueue = 'support'\nsecret = 'old'",
        {"CONTINUO_SERVER__PORT": "8081", "CONTINUO_CHANNELS__TOWER__PORTS": "1, 2", "CONTINUO_STORE__READERS": "9"},
    )
    assert settings.server.port == 8081
    assert settings.store == StoreSettings(readers=9)
    assert settings.channels["tower"].settings.ports == (1, 2)


def test_a_secret_from_the_environment_is_a_secret(tmp_path: Path) -> None:
    """The text of a secret stands in no repr of the settings, however deep."""
    settings = read(
        tmp_path,
        "[queues.support]\n[channels.tower]\nkind = 'lantern'\nqueue = 'support'",
        {"CONTINUO_CHANNELS__TOWER__SECRET": "very-secret"},
    )
    assert settings.channels["tower"].settings.secret == Secret("very-secret")
    assert "very-secret" not in repr(settings)


def test_a_phone_number_without_quotes_is_refused(tmp_path: Path) -> None:
    """TOML reads +15551234567 as a number and loses its plus: that must not pass silently."""
    text = "[queues.s]\n[channels.t]\nkind = 'lantern'\nqueue = 's'\nsecret = 'x'\nphone = +15551234567"
    assert [fault.place for fault in faults(tmp_path, text)] == ["channels.t.phone"]


@pytest.mark.parametrize(
    ("content", "label"),
    [(b"[store", "truncated"), (b"\xff\xfe", "wrongly encoded"), (b"a = 1\na = 2", "a key twice")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_toml_is_one_fault(tmp_path: Path, content: bytes, label: str) -> None:
    """Truncated, wrongly encoded, doubled: one sentence that names the file."""
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(WrongSettings) as caught:
        load([file], {}, load_channel)
    assert [fault.place for fault in caught.value.faults] == [str(file)]


def test_a_missing_file_is_one_fault(tmp_path: Path) -> None:
    """A file that is not there is told by name."""
    with pytest.raises(WrongSettings) as caught:
        load([tmp_path / "none.toml"], {}, load_channel)
    assert len(caught.value.faults) == 1


def test_names_that_are_no_settings_are_left_alone() -> None:
    """CONTINUO_REQUIRE_ALL and its like steer tests and builds."""
    assert from_environment({"CONTINUO_REQUIRE_ALL": "1", "PATH": "/bin", "CONTINUO_DATA": "x"}) == {"data": "x"}


def test_sqlite_with_a_shared_bus_is_refused(tmp_path: Path) -> None:
    """Several processes on one SQLite file would not be safe: it is said before it is tried."""
    assert [fault.place for fault in faults(tmp_path, "[bus]\nurl = 'redis://127.0.0.1/0'")] == ["bus.url"]
